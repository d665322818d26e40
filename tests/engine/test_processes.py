"""Worker processes: what comes back of a job, and what happens when one dies."""

import asyncio
import errno
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from service.engine import forkserver, processes
from service.engine.processes import Processes
from service.problems import NoFace, NotReady, WorkerLost

pytestmark = pytest.mark.anyio
PATIENCE_S = 30.0


def _do(job: list[Any]) -> list[Any]:
    """Does what the job's first member says with the others."""
    match job:
        case ["pid"]:
            return [os.getpid()]
        case ["give back", *values]:
            return values
        case ["refuse", detail]:
            raise NoFace(detail)
        case ["crash"]:
            raise LookupError
        case ["hang"]:
            time.sleep(PATIENCE_S)
        case ["wait for", path]:
            until = time.monotonic() + PATIENCE_S
            while not Path(path).exists():
                assert time.monotonic() < until
                time.sleep(0.002)
            return [os.getpid()]
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


Pool = Processes[list[Any], list[Any]]


def _load() -> Callable[[list[Any]], list[Any]]:
    return _do


@asynccontextmanager
async def _pool(size: int = 1) -> AsyncIterator[Pool]:
    pool = Pool(_load, list[Any], [NoFace], size)
    pool.wait_until_loaded()
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


def _descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def test_work_is_done_in_another_process() -> None:
    async with _pool() as pool:
        (pid,) = await pool.submit(["pid"])
        assert pid in _descendants()


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


@pytest.mark.parametrize("end", ["be killed", "crash"])
async def test_a_worker_that_dies_of_a_job_loses_that_one_and_is_replaced(end: str) -> None:
    async with _pool() as pool:
        before = await pool.submit(["pid"])
        lost, next_ = pool.submit([end]), pool.submit(["pid"])
        with pytest.raises(WorkerLost):
            await lost
        assert pool.alive
        assert await next_ != before


async def test_a_job_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forkserver, "LONGEST_S", 1)
    async with _pool() as pool:
        with pytest.raises(WorkerLost):
            await pool.submit(["hang"])
        assert await pool.submit(["give back", 1]) == [1]


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
            await pool.submit(["be killed"])
        assert await pool.submit(["give back", 1]) == [1]


async def test_the_other_workers_go_on_when_one_dies(tmp_path: Path) -> None:
    async with _pool(2) as pool:
        running = pool.submit(["wait for", str(tmp_path / "go")])
        with pytest.raises(WorkerLost):
            await pool.submit(["be killed"])
        (tmp_path / "go").touch()
        await running


async def test_a_worker_that_is_killed_while_idle_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "PAUSE_S", 0.0)
    async with _pool() as pool:
        (pid,) = await pool.submit(["pid"])
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    (replaced,) = await pool.submit(["pid"])
                except WorkerLost:
                    continue  # the job was sent before the kernel told of its death
                assert replaced != pid
                break


async def test_what_is_running_is_finished_and_no_process_is_left(tmp_path: Path) -> None:
    before = _descendants()
    async with _pool(2) as pool:
        running = pool.submit(["wait for", str(tmp_path / "go")])
        asyncio.get_running_loop().call_soon((tmp_path / "go").touch)
    assert await running
    assert _descendants() == before


async def test_without_a_fork_server_the_last_worker_is_the_last() -> None:
    before = _descendants()
    async with _pool() as pool:
        (pid,) = await pool.submit(["pid"])
        (fork_server,) = _descendants() - before - {pid}
        os.kill(fork_server, signal.SIGKILL)
        os.waitid(os.P_PID, fork_server, os.WEXITED | os.WNOWAIT)
        assert await pool.submit(["give back", 1]) == [1]
        with pytest.raises(WorkerLost):
            await pool.submit(["be killed"])
        with pytest.raises(NotReady):
            await pool.submit(["give back", 1])
        assert not pool.alive


async def test_what_loading_raises_is_raised() -> None:
    def load() -> Callable[[list[Any]], list[Any]]:
        raise LookupError("no model")

    pool = Pool(load, list[Any], [], 1)
    with pytest.raises(LookupError, match="no model"):
        pool.wait_until_loaded()
    await pool.close()


async def test_a_fork_server_that_dies_while_it_loads_is_told() -> None:
    def load() -> Callable[[list[Any]], list[Any]]:
        os.kill(os.getpid(), signal.SIGKILL)
        return _do

    pool = Pool(load, list[Any], [], 1)
    with pytest.raises(ChildProcessError):
        pool.wait_until_loaded()
    await pool.close()
