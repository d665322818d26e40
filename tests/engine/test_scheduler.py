"""The scheduler: bounded, first come first served, and no work for nobody."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from service.engine.scheduler import AbandonedError, Scheduler
from service.problems import Overloaded
from tests.fakes import Threads

pytestmark = pytest.mark.anyio
PATIENCE_S = 30.0


Calling = Scheduler[Callable[[], Any], Any]
"""Its jobs are functions, which it calls."""


def _call(function: Callable[[], Any]) -> Any:
    return function()


def _scheduler(workers: int, **bounds: Any) -> Calling:
    return Scheduler(Threads(_call, workers), **bounds)


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
    name = await one_worker.run(lambda: threading.current_thread().name, _here)
    assert name.startswith("fake-worker")
    assert one_worker.busy == 0


async def test_what_the_work_raises_comes_back(one_worker: Calling) -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await one_worker.run(fail, _here)
    assert await one_worker.run(lambda: 1, _here) == 1


async def test_work_is_done_in_the_order_in_which_it_came(one_worker: Calling) -> None:
    done: list[int] = []
    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(one_worker.run(partial(done.append, number), _here))
    assert done == list(range(8))


async def test_no_more_work_runs_at_a_time_than_there_are_workers() -> None:
    scheduler = _scheduler(2, queue=0, deadline_s=PATIENCE_S)
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

    await asyncio.gather(*(scheduler.run(work, _here) for _ in range(6)))
    await scheduler.close()
    assert most == 2


async def test_places_are_for_the_workers_and_the_queue(one_worker: Calling) -> None:
    with one_worker.admit(), one_worker.admit(), one_worker.admit():
        assert one_worker.waiting == 3
        with pytest.raises(Overloaded) as refusal, one_worker.admit():
            pass
        assert refusal.value.retry_after_s >= 1
    with one_worker.admit():
        assert one_worker.admitted == 1


async def test_a_place_is_free_again_after_a_failure(one_worker: Calling) -> None:
    for _ in range(5):
        with pytest.raises(LookupError), one_worker.admit():
            raise LookupError
    assert one_worker.admitted == 0


async def test_what_waited_past_the_deadline_is_never_begun() -> None:
    scheduler = _scheduler(1, queue=2, deadline_s=0.02)
    hold = threading.Event()
    begun: list[str] = []
    first = asyncio.create_task(scheduler.run(lambda: hold.wait(PATIENCE_S), _here))
    await _until(scheduler, busy=1)
    with pytest.raises(Overloaded):
        await scheduler.run(lambda: begun.append("late"), _here)
    hold.set()
    assert await first
    await scheduler.close()
    assert begun == []


async def test_work_whose_client_has_gone_is_never_begun(one_worker: Calling) -> None:
    begun: list[str] = []
    with pytest.raises(AbandonedError):
        await one_worker.run(lambda: begun.append("for nobody"), _gone)
    assert begun == []
    assert one_worker.busy == 0
    assert await one_worker.run(lambda: 1, _here) == 1


async def test_whoever_waits_longer_is_told_to_come_back_later() -> None:
    quick, slow = (_scheduler(1, queue=100, deadline_s=PATIENCE_S) for _ in range(2))
    hold = threading.Event()
    task = asyncio.create_task(slow.run(lambda: hold.wait(0.2), _here))
    await task
    with slow.admit(), quick.admit():
        slow.admitted += 99
        quick.admitted += 99
        assert slow.retry_after_s() > quick.retry_after_s() >= 1
    await slow.close()
    await quick.close()


async def test_a_cancelled_request_gives_its_place_back_only_when_its_work_has_ended(
    one_worker: Calling,
) -> None:
    let_go = threading.Event()
    waiter = asyncio.create_task(one_worker.run(lambda: let_go.wait(PATIENCE_S), _here))
    await _until(one_worker, 1)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert one_worker.busy == 1
    let_go.set()
    await _until(one_worker, 0)
    assert await one_worker.run(lambda: 1, _here) == 1
