"""Who is admitted, who waits how long, and what happens when there is no room."""

import asyncio
import math
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from faceveil.pool.penalties import Penalties
from faceveil.problems import Overloaded, PictureTooCostly, WorkerLost

J = TypeVar("J")
T = TypeVar("T")
J_contra = TypeVar("J_contra", contravariant=True)

COSTLY_S = 0.25
"""Seconds from which on a picture that is refused as too costly did cost. Most are refused by how
they are built, before anything is decoded, and take less than an honest one."""

_SMOOTHING = 0.1


class AbandonedError(Exception):
    """The client went away while its request waited; nobody reads the answer."""


class Executor(Protocol[J_contra, T]):
    """What does the work: `faceveil.pool.processes`, or threads in tests."""

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


class Place:
    """The place of one request, from when its body is there until it is answered.

    Attributes:
        client: whose request it is.
        begun: whether any of its work was begun.
        displaced: whether it was given to somebody else.
        waiting: what of it waits for a worker.
    """

    __slots__ = ("begun", "client", "displaced", "waiting")

    def __init__(self, client: str) -> None:
        self.client = client
        self.begun = False
        self.displaced = False
        self.waiting: set[asyncio.Future[None]] = set()


class Scheduler(Generic[J, T]):
    """Hands work to an executor: in turn between clients, and of each first come, first served.

    At most as many requests as it has workers, and `queue` more, are admitted at a time; the next
    is refused at once, unless its client has fewer of them than another, whose newest then gives
    way. Work that waited longer than the deadline, or whose client has gone, is dropped before it
    starts. A client whose work cost too much is refused for a while.
    """

    def __init__(
        self,
        executor: Executor[J, T],
        *,
        queue: int,
        deadline_s: float,
        penalties: Penalties | None = None,
    ) -> None:
        self.workers = executor.size
        self.queue = queue
        self.deadline_s = deadline_s
        self.busy = 0
        self._executor = executor
        self._penalties = penalties or Penalties()
        self._places: list[Place] = []
        self._turns: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._free = executor.size
        self._mean_service_s = 0.02

    @property
    def alive(self) -> bool:
        """Whether any work can be done, now or in a moment."""
        return self._executor.alive

    @property
    def admitted(self) -> int:
        """Requests that have a place."""
        return len(self._places)

    @property
    def waiting(self) -> int:
        """Requests admitted beyond those at work."""
        return max(0, self.admitted - self.busy)

    def retry_after_s(self) -> int:
        """Whole seconds after which a full queue will probably have emptied."""
        return max(1, math.ceil(self.admitted * self._mean_service_s / self.workers))

    @property
    def full(self) -> bool:
        """Whether every place is taken."""
        return self.admitted >= self.workers + self.queue

    def check(self, client: str) -> None:
        """Says whether a request of this client would be admitted now.

        Raises:
            Overloaded: if it would not.
        """
        if wait := self._penalties.wait_s(client):
            raise _slowed(wait)
        if self.full and self._giving_way_to(client) is None:
            raise self._overloaded()

    @contextmanager
    def admit(self, client: str) -> Iterator[Place]:
        """Holds a place for one request, from when its body is there until it is answered.

        Raises:
            Overloaded: if there is none for it.
        """
        self.check(client)
        if self.full:
            other = self._giving_way_to(client)
            assert other is not None
            self._displace(other)
        place = Place(client)
        self._places.append(place)
        try:
            yield place
        finally:
            if not place.displaced:
                self._places.remove(place)

    async def open(self) -> None:
        """Starts the executor."""
        await self._executor.open()

    async def close(self) -> None:
        """Waits for the running work and ends the executor."""
        await self._executor.close()

    async def run(self, job: J, gone: Callable[[], bool], place: Place) -> T:
        """Has a job done, when it is its client's turn.

        Args:
            job: what the executor is given.
            gone: tells whether the client went away; asked once, before the work starts.
            place: of the request that it is part of.

        Raises:
            Overloaded: if no worker was free before the deadline, or the place was given away.
            AbandonedError: if the client had gone by then.
        """
        await self._turn(place)
        self.busy += 1
        started = time.perf_counter()
        try:
            if gone():
                raise AbandonedError
            future = self._executor.submit(job)
        except BaseException:
            self._end(None, started, place.client)
            raise
        place.begun = True
        # Begun work is not stopped: its place is free when it ends, not when the request that waits
        # for it is cancelled.
        future.add_done_callback(lambda done: self._end(done, started, place.client))
        return await asyncio.shield(future)

    async def _turn(self, place: Place) -> None:
        """Waits for a worker, and takes it.

        Raises:
            Overloaded: as `run` does.
        """
        if place.displaced:
            raise self._overloaded()
        if self._penalties.many(place.client):  # while a batch of them was at work
            raise _slowed(self._penalties.wait_s(place.client))
        if self._free:
            self._free -= 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.setdefault(place.client, deque()).append(waiter)
        place.waiting.add(waiter)
        try:
            async with asyncio.timeout(self.deadline_s):
                await waiter
        except BaseException as problem:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._release()  # it was this one's turn just when it gave up
            else:
                self._forget(place.client, waiter)
            if not isinstance(problem, TimeoutError):
                raise
            wait = self.retry_after_s()
            raise Overloaded(
                f"No worker was free within {self.deadline_s:g} s. Try again in {wait} s.", wait
            ) from None
        finally:
            place.waiting.discard(waiter)

    def _release(self) -> None:
        """Gives a worker to whoever's turn it is."""
        while self._turns:
            client, waiters = self._turns.popitem(last=False)
            waiter = waiters.popleft()
            if waiters:
                self._turns[client] = waiters  # behind all others
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def _forget(self, client: str, waiter: "asyncio.Future[None]") -> None:
        waiters = self._turns.get(client)
        if waiters is not None and waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._turns[client]

    def _giving_way_to(self, client: str) -> Place | None:
        """What would give way: the newest that waits, of the client that has most places."""
        counts = Counter(place.client for place in self._places)
        if not counts:
            return None
        most, places = counts.most_common(1)[0]
        if places <= counts[client] + 1:
            return None
        for place in reversed(self._places):
            if place.client == most and place.waiting and not place.begun:
                return place
        return None

    def _displace(self, place: Place) -> None:
        place.displaced = True
        self._places.remove(place)
        for waiter in place.waiting:
            if not waiter.done():
                waiter.set_exception(self._overloaded())

    def _overloaded(self) -> Overloaded:
        wait = self.retry_after_s()
        return Overloaded(
            f"All workers are busy and the queue is full. Try again in {wait} s.", wait
        )

    def _end(self, done: "asyncio.Future[T] | None", started: float, client: str) -> None:
        self.busy -= 1
        self._release()
        if done is not None:
            took = time.perf_counter() - started
            self._mean_service_s += _SMOOTHING * (took - self._mean_service_s)
            # An exception is looked at, also where nobody waits for it any more.
            if done.cancelled():
                return
            problem = done.exception()
            costly = isinstance(problem, PictureTooCostly) and took >= COSTLY_S
            if costly or isinstance(problem, WorkerLost):
                self._penalties.strike(client, took)
            elif problem is None:
                self._penalties.ease(client)


def _slowed(wait: int) -> Overloaded:
    return Overloaded(
        "Pictures from here took too much work to read, so others come first. Try again in "
        f"{wait} s.",
        wait,
    )
