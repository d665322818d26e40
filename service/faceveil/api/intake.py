"""The room for bodies: bounded in number, in bytes and in pace, and shared by the clients."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faceveil.problems import BodyTimeout, Overloaded
from faceveil.settings import LimitSettings

GRACE_S = 5.0
"""Seconds before a body's pace is asked for: a network may stall for a moment."""


class Intake:
    """Who has how many bodies here, and of how many bytes, from their first byte to the answer.

    A client has at most half of the places and half of the bytes, or one body of the largest size.
    """

    def __init__(self, limits: LimitSettings) -> None:
        largest = max(limits.body_bytes, limits.batch_body_bytes, limits.import_bytes)
        self.places = limits.bodies
        self.bytes = limits.bodies_bytes or 2 * largest
        self.held = 0
        self._half = max(self.bytes // 2, min(largest, self.bytes))
        self._limits = limits
        self._here: Counter[str] = Counter()
        self._bytes_of: Counter[str] = Counter()

    @property
    def here(self) -> int:
        """Bodies that have a place."""
        return self._here.total()

    def admit(self, client: str) -> "Body":
        """Takes a place for a client's next body.

        Raises:
            Overloaded: if there is none for it.
        """
        if self._here[client] >= self.places // 2 or self.here >= self.places:
            raise _full()
        self._here[client] += 1
        return Body(self, client, self._limits)

    def take(self, client: str, size: int) -> None:
        """Takes room for a client's next bytes.

        Raises:
            Overloaded: if there is none for it.
        """
        if self.held + size > self.bytes or self._bytes_of[client] + size > self._half:
            raise _full()
        self.held += size
        self._bytes_of[client] += size

    def leave(self, client: str, size: int) -> None:
        """Gives a place and its bytes back."""
        self.held -= size
        for counter, given in ((self._here, 1), (self._bytes_of, size)):
            counter[client] -= given
            if not counter[client]:
                del counter[client]


class Body:
    """One body, while it comes and is held."""

    def __init__(self, intake: Intake, client: str, limits: LimitSettings) -> None:
        self._intake = intake
        self._client = client
        self._limits = limits
        self._size = 0
        self._begun = 0.0
        self._timeout: asyncio.Timeout | None = None

    @asynccontextmanager
    async def coming(self) -> AsyncIterator[None]:
        """Within it, the body has to come: in time, and at a pace.

        Raises:
            BodyTimeout: if it does not.
        """
        limits = self._limits
        self._begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(self._due()) as self._timeout:
                yield
        except TimeoutError:
            if asyncio.get_running_loop().time() >= self._begun + limits.body_seconds:
                told = f"within {limits.body_seconds:g} seconds"
            else:
                told = f"at {limits.body_bytes_per_second} bytes a second"
            raise BodyTimeout(f"The body did not arrive {told}. Send it again.") from None
        finally:
            self._timeout = None

    def take(self, size: int) -> None:
        """Counts what came.

        Raises:
            Overloaded: if there is no room for it.
        """
        self._intake.take(self._client, size)
        self._size += size
        if self._timeout is not None:
            self._timeout.reschedule(self._due())

    def leave(self) -> None:
        """Gives the place and the room back."""
        self._intake.leave(self._client, self._size)

    def _due(self) -> float:
        """When the next bytes must be here, in the event loop's seconds."""
        limits = self._limits
        last = limits.body_seconds
        if limits.body_bytes_per_second:
            last = min(last, GRACE_S + self._size / limits.body_bytes_per_second)
        return self._begun + last


def _full() -> Overloaded:
    return Overloaded("Too many bodies are being received. Try again in 1 s.", 1)
