"""Who is admitted, who waits how long, and what happens when there is no room."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from service.problems import Overloaded

J = TypeVar("J")
T = TypeVar("T")
J_contra = TypeVar("J_contra", contravariant=True)

_SMOOTHING = 0.1


class AbandonedError(Exception):
    """The client went away while its request waited; nobody reads the answer."""


class Executor(Protocol[J_contra, T]):
    """What does the work: `service.engine.processes`, or threads in tests."""

    size: int
    """Jobs that it does at a time."""

    @property
    def alive(self) -> bool:
        """Whether it can do any work, now or in a moment."""
        ...

    async def open(self) -> None:
        """Starts what is needed, for the loop that runs."""
        ...

    def submit(self, job: J_contra) -> "asyncio.Future[T]":
        """Begins a job; at most `size` are given at a time."""
        ...

    async def close(self) -> None:
        """Waits for the running work and ends what was started."""
        ...


class Scheduler(Generic[J, T]):
    """Hands work to an executor, first come, first served.

    At most as many requests as it has workers, and `queue` more, are admitted at a time; the next
    is refused at once. Work that waited longer than the deadline, or whose client has gone, is
    dropped before it starts.
    """

    def __init__(self, executor: Executor[J, T], *, queue: int, deadline_s: float) -> None:
        self.workers = executor.size
        self.queue = queue
        self.deadline_s = deadline_s
        self.admitted = 0
        self.busy = 0
        self._executor = executor
        self._free = asyncio.Semaphore(executor.size)
        self._mean_service_s = 0.02

    @property
    def alive(self) -> bool:
        """Whether any work can be done, now or in a moment."""
        return self._executor.alive

    @property
    def waiting(self) -> int:
        """Requests admitted beyond those at work: they wait for a worker or still send a body."""
        return max(0, self.admitted - self.busy)

    def retry_after_s(self) -> int:
        """Whole seconds after which a full queue will probably have emptied."""
        return max(1, math.ceil(self.admitted * self._mean_service_s / self.workers))

    @property
    def full(self) -> bool:
        """Whether every place is taken."""
        return self.admitted >= self.workers + self.queue

    def overloaded(self) -> Overloaded:
        """The refusal of a request that finds every place taken."""
        wait = self.retry_after_s()
        return Overloaded(
            f"All workers are busy and the queue is full. Try again in {wait} s.", wait
        )

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Holds a place for one request, from before its body is read until it is answered.

        Raises:
            Overloaded: if every place is taken.
        """
        if self.full:
            raise self.overloaded()
        self.admitted += 1
        try:
            yield
        finally:
            self.admitted -= 1

    async def open(self) -> None:
        """Starts the executor."""
        await self._executor.open()

    async def close(self) -> None:
        """Waits for the running work and ends the executor."""
        await self._executor.close()

    async def run(self, job: J, gone: Callable[[], bool]) -> T:
        """Has a job done, when a worker is free.

        Args:
            job: what the executor is given.
            gone: tells whether the client went away; asked once, before the work starts.

        Raises:
            Overloaded: if no worker was free before the deadline.
            AbandonedError: if the client had gone by then.
        """
        try:
            async with asyncio.timeout(self.deadline_s):
                await self._free.acquire()
        except TimeoutError:
            wait = self.retry_after_s()
            raise Overloaded(
                f"No worker was free within {self.deadline_s:g} s. Try again in {wait} s.", wait
            ) from None
        self.busy += 1
        started = time.perf_counter()
        try:
            if gone():
                raise AbandonedError
            future = self._executor.submit(job)
        except BaseException:
            self._end(None, started)
            raise
        # Begun work is not stopped: its place is free when it ends, not when the request that waits
        # for it is cancelled.
        future.add_done_callback(lambda done: self._end(done, started))
        return await asyncio.shield(future)

    def _end(self, done: "asyncio.Future[T] | None", started: float) -> None:
        self.busy -= 1
        self._free.release()
        if done is not None:
            took = time.perf_counter() - started
            self._mean_service_s += _SMOOTHING * (took - self._mean_service_s)
            if not done.cancelled():
                done.exception()  # seen, also where nobody waits for it any more
