"""The newest frame of a stream: what is older and was not read is dropped, and counted."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it came.

    Attributes:
        number: from 1, in the order in which they came.
        data: the image file's bytes.
        at: when it was taken, in seconds of its stream.
    """

    number: int
    data: bytes
    at: float


class Newest:
    """Holds one frame. A stream that read them all, one after the other, would fall behind."""

    def __init__(self) -> None:
        """Holds none yet."""
        self.came = self.dropped = 0
        self._frame: Frame | None = None
        self._there = asyncio.Event()

    def put(self, data: bytes, at: float) -> None:
        """Takes in a frame of a time, in place of one that nobody has read."""
        self.came += 1
        self.dropped += self._frame is not None
        self._frame = Frame(self.came, data, at)
        self._there.set()

    async def take(self) -> Frame:
        """The newest frame, once there is one that was not taken."""
        await self._there.wait()
        assert self._frame is not None
        frame, self._frame = self._frame, None
        self._there.clear()
        return frame
