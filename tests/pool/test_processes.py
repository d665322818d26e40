"""Worker processes: what comes back of a job, and what happens when one dies."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from faceveil.model.bundle import BundleError
from faceveil.pool import processes
from faceveil.pool.connection import Errand
from faceveil.pool.duty import Plan
from faceveil.pool.processes import Processes
from faceveil.problems import InternalError, NoFace, NotReady, PictureTooCostly, WorkerLost

pytestmark = pytest.mark.anyio
PATIENCE_S = 30.0

Pool = Processes[list[Any], list[Any]]


def _plan(load: str = "load", size: int = 1, **changes: Any) -> Plan:
    return Plan(f"tests.pool.duties:{load}", changes.pop("needs", {}), size, **changes)


@asynccontextmanager
async def _pool(size: int = 1, most_jobs: int = 1000, **changes: Any) -> AsyncIterator[Pool]:
    pool = Pool(_plan(size=size, **changes), list[Any], [NoFace], most_jobs=most_jobs)
    pool.wait_until_loaded()
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


def _descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.005)


async def _pid(pool: Pool) -> int:
    (pid,) = await pool.submit(["pid"])
    assert isinstance(pid, int)
    return pid


async def test_work_is_done_in_another_process() -> None:
    async with _pool() as pool:
        assert await _pid(pool) in _descendants()


async def test_each_job_gets_its_own_answer() -> None:
    async with _pool(2) as pool:
        answers = await asyncio.gather(*(pool.submit(["give back", n]) for n in range(50)))
        assert answers == [[n] for n in range(50)]


async def test_a_job_and_an_answer_may_be_large() -> None:
    text = "x" * 5_000_000
    async with _pool() as pool:
        assert await pool.submit(["give back", text]) == [text]


async def test_a_refusal_comes_back_as_the_problem_that_it_is() -> None:
    async with _pool() as pool:
        with pytest.raises(NoFace) as refusal:
            await pool.submit(["refuse", "nobody here"])
        assert refusal.value.detail == "nobody here"
        assert await pool.submit(["give back", 1]) == [1]


@pytest.mark.parametrize(
    "told", [b"!" + b"[" * 200_000, b'!["no-face", "%s"]' % (b"x" * 2000), b'!["no-face", {}]']
)
async def test_a_refusal_that_is_none_keeps_nobody_waiting(told: bytes) -> None:
    async with _pool() as pool:
        future = asyncio.get_running_loop().create_future()
        pool.settle(Errand(None, bytes, bool, future, ""), told)
        with pytest.raises(WorkerLost):
            await asyncio.wait_for(future, PATIENCE_S)


async def test_a_result_that_does_not_fit_its_job_is_not_believed() -> None:
    async with _pool() as pool:
        with pytest.raises(WorkerLost):
            await pool.submit(["give back", 1], fits=lambda result: result == [2])
        assert await pool.submit(["give back", 1], fits=lambda result: result == [1]) == [1]


async def test_a_worker_may_ask_once_a_job() -> None:
    async with _pool() as pool:
        for _ in range(2):
            assert await pool.submit(["ask", "abc"], bytes.upper) == ["ABC"]


@pytest.mark.parametrize("questions", [["one", "two"], ["not this"]])
async def test_a_worker_that_asks_what_it_may_not_is_ended(questions: list[str]) -> None:
    def answer(question: bytes) -> bytes:
        if question == b"not this":
            raise ValueError
        return question

    async with _pool() as pool:
        before = await _pid(pool)
        with pytest.raises(WorkerLost):
            await pool.submit(["ask", *questions], answer)
        assert await _pid(pool) != before


async def test_an_exception_of_the_work_is_logged_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with _pool() as pool:
        with pytest.raises(InternalError):
            await pool.submit(["fail"], name="this one")
        (record,) = [one for one in caplog.records if one.message == "a job was not done"]
        told = vars(record)
        assert (told["request_id"], told["exception"]) == ("this one", "LookupError")
        assert told["places"][-1].startswith("tests.pool.duties.Errands._done:")
        assert "picture" not in str(told)
        assert await pool.submit(["give back", 1]) == [1]


async def test_a_worker_that_is_killed_does_not_lose_its_job() -> None:
    async with _pool() as pool:
        before = await _pid(pool)
        os.kill(before, signal.SIGSTOP)
        job = pool.submit(["pid"])
        os.kill(before, signal.SIGKILL)
        (after,) = await job
        assert after != before


async def test_a_job_of_which_two_workers_died_is_lost_and_the_next_is_done() -> None:
    async with _pool() as pool:
        before = await _pid(pool)
        lost, next_ = pool.submit(["die"]), pool.submit(["pid"])
        with pytest.raises(WorkerLost):
            await lost
        assert pool.alive
        assert await next_ != [before]


async def test_a_job_that_takes_too_much_processor_time_is_too_costly() -> None:
    async with _pool(cpu_s=0.05) as pool:
        with pytest.raises(PictureTooCostly):
            await pool.submit(["burn"])
        assert await pool.submit(["give back", 1]) == [1]


async def test_a_job_that_takes_too_much_memory_is_too_costly_and_its_worker_goes_on() -> None:
    async with _pool(memory_bytes=64 * 2**20) as pool:
        before = await _pid(pool)
        assert await pool.submit(["take", 32 * 2**20]) == [32 * 2**20]
        with pytest.raises(PictureTooCostly):
            await pool.submit(["take", 65 * 2**20])
        assert await _pid(pool) == before


async def test_a_job_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LONGEST_S", 0.2)
    async with _pool() as pool:
        with pytest.raises(WorkerLost):
            await pool.submit(["hang"])
        assert await pool.submit(["give back", 1]) == [1]


async def test_a_worker_retires_once_another_is_there() -> None:
    async with _pool(most_jobs=3) as pool:
        pids: list[int] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(set(pids)) < 3:
                pids.append(await _pid(pool))
                await asyncio.sleep(0.002)
        assert min(pids.count(pid) for pid in set(pids[:-1])) >= 3
        await _until(lambda: not psutil.pid_exists(pids[0]))


async def test_a_worker_comes_once_there_are_descriptors_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "PAUSE_S", 0.0)
    make, failures = socket.socketpair, iter([True, True])

    def scarce() -> tuple[socket.socket, socket.socket]:
        if next(failures, False):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return make()

    async with _pool() as pool:
        monkeypatch.setattr(socket, "socketpair", scarce)
        with pytest.raises(WorkerLost):
            await pool.submit(["die"])
        assert await pool.submit(["give back", 1]) == [1]


async def test_the_other_workers_go_on_when_one_dies() -> None:
    async with _pool(2) as pool:
        running = pool.submit(["ask", "x"], bytes.upper)
        with pytest.raises(WorkerLost):
            await pool.submit(["die"])
        assert await running == ["X"]


async def test_a_worker_that_is_killed_while_idle_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "PAUSE_S", 0.0)
    async with _pool() as pool:
        pid = await _pid(pool)
        os.kill(pid, signal.SIGKILL)
        assert await _pid(pool) != pid


async def test_what_is_running_is_finished_and_no_process_is_left() -> None:
    before = _descendants()
    async with _pool(2) as pool:
        await pool.submit(["give back", 1])
        running = pool.submit(["give back", "x" * 1_000_000])
    assert await running
    assert _descendants() == before


async def test_a_fork_server_that_is_killed_is_replaced_and_nothing_is_lost() -> None:
    before = _descendants()
    async with _pool() as pool:
        pid = await _pid(pool)
        (fork_server,) = _descendants() - before - {pid}
        os.kill(fork_server, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        assert await _pid(pool) != pid
        assert pool.alive
        assert not {fork_server, pid} & _descendants()
        with pytest.raises(WorkerLost):
            await pool.submit(["die"])
    assert _descendants() == before


async def test_workers_of_a_dead_fork_server_go_on_until_others_are_there() -> None:
    before = _descendants()
    async with _pool() as pool:
        pid = await _pid(pool)
        (fork_server,) = _descendants() - before - {pid}
        os.kill(fork_server, signal.SIGKILL)
        assert await _pid(pool) == pid
        await _until(lambda: not psutil.pid_exists(pid))
        assert await _pid(pool) != pid


async def test_where_no_fork_server_can_be_had_any_more_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = _descendants()
    told = asyncio.Event()
    async with _pool() as pool:
        pool.on_failure = told.set
        pid = await _pid(pool)
        (fork_server,) = _descendants() - before - {pid}
        monkeypatch.setattr(pool, "_plan", _plan("die"))
        os.kill(pid, signal.SIGKILL)
        os.kill(fork_server, signal.SIGKILL)
        waiting = pool.submit(["pid"])
        async with asyncio.timeout(PATIENCE_S):
            await told.wait()
        for future in (waiting, pool.submit(["pid"])):
            with pytest.raises(NotReady):
                await future
        assert not pool.alive


@pytest.mark.parametrize(
    ("load", "needs", "kind", "words"),
    [
        ("fail", {"text": "no such model"}, BundleError, "no such model"),
        ("stumble", {}, ChildProcessError, "LookupError: no model"),
        ("die", {}, ChildProcessError, "could not be started"),
    ],
)
async def test_what_keeps_the_fork_server_from_loading_is_told(
    load: str, needs: dict[str, str], kind: type[Exception], words: str
) -> None:
    pool = Pool(_plan(load, needs=needs), list[Any], [], failures=[BundleError])
    with pytest.raises(kind, match=words):
        pool.wait_until_loaded()
    await pool.close()


async def test_workers_get_nothing_of_the_servers_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACEVEIL_NOISE__KEY", "a secret of at least 32 characters")
    monkeypatch.setenv("PGPASSWORD", "another")
    async with _pool() as pool:
        names = set(await pool.submit(["environment"]))
        assert not {"FACEVEIL_NOISE__KEY", "PGPASSWORD"} & names
        assert all(not name.startswith("FACEVEIL") for name in names)
