"""The scheduler: bounded, fair between clients, and no work for nobody."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from faceveil.pool import scheduler as scheduling
from faceveil.pool.penalties import Penalties
from faceveil.pool.scheduler import AbandonedError, Scheduler
from faceveil.problems import Overloaded, PictureTooCostly, WorkerLost
from tests.access.test_quotas import Clock
from tests.fakes import Threads

pytestmark = pytest.mark.anyio
PATIENCE_S = 30.0


Calling = Scheduler[Callable[[], Any], Any]
"""Its jobs are functions, which it calls."""


def _call(function: Callable[[], Any]) -> Any:
    return function()


def _scheduler(workers: int, **bounds: Any) -> Calling:
    return Scheduler(Threads(_call, workers), **bounds)


async def _run(
    scheduler: Calling, work: Callable[[], Any], gone: Callable[[], bool], client: str = "one"
) -> Any:
    with scheduler.admit(client) as place:
        return await scheduler.run(work, gone, place)


def _here() -> bool:
    return False


def _gone() -> bool:
    return True


@pytest.fixture
async def one_worker() -> AsyncIterator[Calling]:
    scheduler = _scheduler(1, queue=2, deadline_s=PATIENCE_S)
    yield scheduler
    await scheduler.close()


async def _until(scheduler: Calling, busy: int) -> None:
    while scheduler.busy != busy:
        await asyncio.sleep(0.001)


async def test_work_is_done_by_the_executor_and_its_result_comes_back(one_worker: Calling) -> None:
    name = await _run(one_worker, lambda: threading.current_thread().name, _here)
    assert name.startswith("fake-worker")
    assert one_worker.busy == 0


async def test_what_the_work_raises_comes_back(one_worker: Calling) -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await _run(one_worker, fail, _here)
    assert await _run(one_worker, lambda: 1, _here) == 1


async def test_work_is_done_in_the_order_in_which_it_came(one_worker: Calling) -> None:
    done: list[int] = []
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(_run(one_worker, partial(done.append, number), _here))
    assert done == list(range(3))


async def test_no_more_work_runs_at_a_time_than_there_are_workers() -> None:
    scheduler = _scheduler(2, queue=4, deadline_s=PATIENCE_S)
    together = threading.Barrier(2)
    most = 0
    running = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        together.wait(PATIENCE_S)
        with lock:
            running -= 1

    await asyncio.gather(*(_run(scheduler, work, _here) for _ in range(6)))
    await scheduler.close()
    assert most == 2


async def test_places_are_for_the_workers_and_the_queue(one_worker: Calling) -> None:
    with one_worker.admit("one"), one_worker.admit("one"), one_worker.admit("one"):
        assert one_worker.waiting == 3
        with pytest.raises(Overloaded) as refusal, one_worker.admit("one"):
            pass
        assert refusal.value.retry_after_s >= 1
    with one_worker.admit("one"):
        assert one_worker.admitted == 1


async def test_a_place_is_free_again_after_a_failure(one_worker: Calling) -> None:
    for _ in range(5):
        with pytest.raises(LookupError), one_worker.admit("one"):
            raise LookupError
    assert one_worker.admitted == 0


async def test_what_waited_past_the_deadline_is_never_begun() -> None:
    scheduler = _scheduler(1, queue=2, deadline_s=0.02)
    hold = threading.Event()
    begun: list[str] = []
    first = asyncio.create_task(_run(scheduler, lambda: hold.wait(PATIENCE_S), _here))
    await _until(scheduler, busy=1)
    with pytest.raises(Overloaded):
        await _run(scheduler, lambda: begun.append("late"), _here)
    hold.set()
    assert await first
    await scheduler.close()
    assert begun == []


async def test_work_whose_client_has_gone_is_never_begun(one_worker: Calling) -> None:
    begun: list[str] = []
    with pytest.raises(AbandonedError):
        await _run(one_worker, lambda: begun.append("for nobody"), _gone)
    assert begun == []
    assert one_worker.busy == 0
    assert await _run(one_worker, lambda: 1, _here) == 1


async def test_whoever_waits_longer_is_told_to_come_back_later() -> None:
    quick, slow = (_scheduler(1, queue=100, deadline_s=PATIENCE_S) for _ in range(2))
    hold = threading.Event()
    task = asyncio.create_task(_run(slow, lambda: hold.wait(0.2), _here))
    await task
    with contextlib.ExitStack() as places:
        for _ in range(100):
            places.enter_context(slow.admit("one"))
            places.enter_context(quick.admit("one"))
        assert slow.retry_after_s() > quick.retry_after_s() >= 1
    await slow.close()
    await quick.close()


async def test_a_cancelled_request_gives_its_place_back_only_when_its_work_has_ended(
    one_worker: Calling,
) -> None:
    let_go = threading.Event()
    waiter = asyncio.create_task(_run(one_worker, lambda: let_go.wait(PATIENCE_S), _here))
    await _until(one_worker, 1)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert one_worker.busy == 1
    let_go.set()
    await _until(one_worker, 0)
    assert await _run(one_worker, lambda: 1, _here) == 1


async def _held(scheduler: Calling) -> tuple[threading.Event, "asyncio.Task[Any]"]:
    """Has the one worker work until the event is set, for a client of its own."""
    let_go = threading.Event()
    task = asyncio.create_task(_run(scheduler, lambda: let_go.wait(PATIENCE_S), _here, "first"))
    await _until(scheduler, busy=1)
    return let_go, task


async def _begun(
    scheduler: Calling, client: str, number: int, done: list[str]
) -> list["asyncio.Task[Any]"]:
    """Requests of a client that wait now, and note the client when they are done."""
    work = partial(done.append, client)
    tasks = [asyncio.create_task(_run(scheduler, work, _here, client)) for _ in range(number)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_clients_take_turns_whoever_came_first() -> None:
    scheduler = _scheduler(1, queue=8, deadline_s=PATIENCE_S)
    let_go, first = await _held(scheduler)
    done: list[str] = []
    tasks = await _begun(scheduler, "many", 4, done) + await _begun(scheduler, "few", 2, done)
    let_go.set()
    await asyncio.gather(first, *tasks)
    await scheduler.close()
    assert done == ["many", "few", "many", "few", "many", "many"]


async def test_a_full_queue_makes_room_for_who_has_less_of_it() -> None:
    scheduler = _scheduler(1, queue=4, deadline_s=PATIENCE_S)
    let_go, first = await _held(scheduler)
    done: list[str] = []
    many = await _begun(scheduler, "many", 4, done)
    assert scheduler.full
    with pytest.raises(Overloaded):
        scheduler.check("many")
    few = await _begun(scheduler, "few", 3, done)
    assert scheduler.admitted == 5
    let_go.set()
    answers = await asyncio.gather(*many, *few, return_exceptions=True)
    await first
    await scheduler.close()
    refused = [isinstance(answer, Overloaded) for answer in answers]
    assert refused == [False, False, True, True, False, False, True]
    assert sorted(done) == ["few", "few", "many", "many"]


async def test_who_has_as_much_as_all_others_does_not_displace_them() -> None:
    scheduler = _scheduler(1, queue=2, deadline_s=PATIENCE_S)
    let_go, first = await _held(scheduler)
    tasks = [task for client in "ab" for task in await _begun(scheduler, client, 1, [])]
    with pytest.raises(Overloaded), scheduler.admit("c"):
        pass
    let_go.set()
    await asyncio.gather(first, *tasks)
    await scheduler.close()


def _costly() -> None:
    raise PictureTooCostly(PictureTooCostly.example)


def _die() -> None:
    raise WorkerLost(WorkerLost.example)


async def test_a_client_whose_work_cost_too_much_is_slowed_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduling, "COSTLY_S", 0.0)
    clock = Clock()
    penalties = Penalties(clock)
    scheduler = _scheduler(1, queue=2, deadline_s=PATIENCE_S, penalties=penalties)
    with pytest.raises(PictureTooCostly):
        await _run(scheduler, _costly, _here, "hostile")
    with pytest.raises(Overloaded) as refusal:
        await _run(scheduler, lambda: 1, _here, "hostile")
    assert refusal.value.retry_after_s == 1
    assert await _run(scheduler, lambda: 2, _here, "other") == 2
    clock.now += 1
    assert await _run(scheduler, lambda: 3, _here, "hostile") == 3
    await scheduler.close()


async def test_pictures_that_are_refused_at_once_slow_nobody() -> None:
    scheduler = _scheduler(1, queue=2, deadline_s=PATIENCE_S, penalties=Penalties(Clock()))
    for _ in range(5):
        with pytest.raises(PictureTooCostly):
            await _run(scheduler, _costly, _here, "app")
    assert await _run(scheduler, lambda: 1, _here, "app") == 1
    await scheduler.close()


async def test_who_kills_a_reader_is_slowed_however_quickly() -> None:
    scheduler = _scheduler(1, queue=2, deadline_s=PATIENCE_S, penalties=Penalties(Clock()))
    with pytest.raises(WorkerLost):
        await _run(scheduler, _die, _here, "hostile")
    with pytest.raises(Overloaded):
        await _run(scheduler, lambda: 1, _here, "hostile")
    await scheduler.close()


async def test_a_client_whose_pictures_are_read_is_never_slowed_for_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduling, "COSTLY_S", 0.0)
    clock = Clock()
    penalties = Penalties(clock)
    scheduler = _scheduler(1, queue=2, deadline_s=PATIENCE_S, penalties=penalties)
    for _ in range(5):
        with pytest.raises(PictureTooCostly):
            await _run(scheduler, _costly, _here, "app")
        assert penalties.wait_s("app") == 1
        clock.now += 1
        assert await _run(scheduler, lambda: 1, _here, "app") == 1
    await scheduler.close()


async def test_the_rest_of_a_batch_is_refused_after_the_third_that_cost_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduling, "COSTLY_S", 0.0)
    scheduler = _scheduler(1, queue=2, deadline_s=PATIENCE_S, penalties=Penalties(Clock()))
    with scheduler.admit("hostile") as place:
        for _ in range(3):
            with pytest.raises(PictureTooCostly):
                await scheduler.run(_costly, _here, place)
        with pytest.raises(Overloaded):
            await scheduler.run(_costly, _here, place)
    await scheduler.close()
