"""One hop from the event loop to a bounded pool of threads, and what happens when it is full."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from service.problems import Overloaded

T = TypeVar("T")

_SMOOTHING = 0.1


class AbandonedError(Exception):
    """The client went away while its request waited; nobody reads the answer."""


class Scheduler:
    """Runs blocking work on a fixed number of threads, first come, first served.

    At most `threads + queue` requests are admitted at a time; the next is refused at once. Work
    that waited longer than the deadline, or whose client has gone, is dropped before it starts.
    """

    def __init__(self, *, threads: int, queue: int, deadline_s: float) -> None:
        self.threads = threads
        self.queue = queue
        self.deadline_s = deadline_s
        self.admitted = 0
        self.busy = 0
        self._free = asyncio.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="faceveil")
        self._mean_service_s = 0.02

    @property
    def waiting(self) -> int:
        """Requests admitted beyond those at work: they wait for a thread or still send a body."""
        return max(0, self.admitted - self.busy)

    def retry_after_s(self) -> int:
        """Whole seconds after which a full queue will probably have emptied."""
        return max(1, math.ceil(self.admitted * self._mean_service_s / self.threads))

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Holds a place for one request, from before its body is read until it is answered.

        Raises:
            Overloaded: if every place is taken.
        """
        if self.admitted >= self.threads + self.queue:
            wait = self.retry_after_s()
            raise Overloaded(
                f"All workers are busy and the queue is full. Try again in {wait} s.", wait
            )
        self.admitted += 1
        try:
            yield
        finally:
            self.admitted -= 1

    async def run(self, work: Callable[[], T], gone: Callable[[], Awaitable[bool]]) -> T:
        """Runs the work on a thread, when one is free.

        Args:
            work: what to do; blocks.
            gone: tells whether the client went away; asked once, before the work starts.

        Raises:
            Overloaded: if no thread was free before the deadline.
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
            if await gone():
                raise AbandonedError
            future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        except BaseException:
            self._end(None, started)
            raise
        # A thread cannot be stopped: its place is free when the work ends, not when the request
        # that waits for it is cancelled.
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

    def close(self) -> None:
        """Waits for the running work and ends the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
