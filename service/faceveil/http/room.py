"""The room for bodies: bounded in number, in bytes and in pace, and shared by the clients."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.types import Scope

from faceveil.problems import BodyTimeout, BodyTooLarge, Overloaded
from faceveil.settings import LimitSettings

GRACE_S = 5.0
"""Seconds before a body's pace is asked for: a network may stall for a moment."""


class BodyRoom:
    """Who has how many bodies here, and of how many bytes, from their first byte to the answer.

    A client has at most half of the places and half of the bytes, or one body of the largest size.
    """

    def __init__(self, limits: LimitSettings) -> None:
        sizes = (limits.body_bytes, limits.batch_body_bytes, limits.import_bytes, limits.clip_bytes)
        largest = max(sizes)
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

    def __init__(self, room: BodyRoom, client: str, limits: LimitSettings) -> None:
        self._room = room
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
                bound = f"within {limits.body_seconds:g} seconds"
            else:
                bound = f"at {limits.body_bytes_per_second} bytes a second"
            raise BodyTimeout(f"The body did not arrive {bound}. Send it again.") from None
        finally:
            self._timeout = None

    def take(self, size: int) -> None:
        """Counts what came.

        Raises:
            Overloaded: if there is no room for it.
        """
        self._room.take(self._client, size)
        self._size += size
        if self._timeout is not None:
            self._timeout.reschedule(self._due())

    def leave(self) -> None:
        """Gives the place and the room back."""
        self._room.leave(self._client, self._size)

    def _due(self) -> float:
        """When the next bytes must be here, in the event loop's seconds."""
        limits = self._limits
        last = limits.body_seconds
        if limits.body_bytes_per_second:
            last = min(last, GRACE_S + self._size / limits.body_bytes_per_second)
        return self._begun + last


def announced_length(request: Request) -> int | None:
    """The length of the body that is announced, in bytes."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdigit() else None


@asynccontextmanager
async def arriving(request: Request) -> AsyncIterator[None]:
    """Holds a place for the request's body, in which it has to come in time and at a pace.

    The place, and the room that the body takes, are kept until the request is answered, or
    `give_back` is called.

    Raises:
        Overloaded: if there is no place, or no room.
        BodyTimeout: if it does not come.
    """
    body = request.state.body = request.state.room.admit(request.state.client)
    async with body.coming():
        yield


def give_back(scope: Scope) -> None:
    """Gives a request's place and room back before it is answered: none of its body is held here.

    For an answer that takes long; nothing happens where no body came.
    """
    body: Body | None = scope["state"].pop("body", None)
    if body is not None:
        body.leave()


async def pieces(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The bytes of a body that is `arriving`, as they come.

    Raises:
        BodyTooLarge: if there are more of them than `most`.
        Overloaded: if there is no room for them.
    """
    too_large = BodyTooLarge(f"The body is larger than {most} bytes. Send less at a time.")
    if (announced_length(request) or 0) > most:
        raise too_large
    size = 0
    body: Body = request.state.body
    async for chunk in request.stream():
        size += len(chunk)
        body.take(len(chunk))
        if size > most:
            raise too_large
        yield chunk


async def read_bytes(request: Request, most: int) -> bytes:
    """All of a body that is `arriving`; raises as `pieces` does."""
    return b"".join([chunk async for chunk in pieces(request, most)])


def _full() -> Overloaded:
    return Overloaded("Too many bodies are being received. Try again in 1 s.", 1)
