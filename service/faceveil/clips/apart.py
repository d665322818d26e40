"""Has a process of its own decode a stranger's clip: the other side of `reader`."""

import asyncio
import contextlib
import logging
import math
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from faceveil.clips.reader import AT, FRAME, Bounds, request_of
from faceveil.confinement.walls import Walls, Wanted, lacking
from faceveil.pool.frames import DONE, FAILED, READY, REFUSED
from faceveil.problems import (
    ClipTooCostly,
    ClipTooLarge,
    InternalError,
    NotInstalled,
    NotReady,
    Problem,
    UnreadableClip,
)

START_S, FRAME_S, SKIPPED_S = 30.0, 10.0, 0.1
"""Seconds that it may take to begin, for a frame, and for each that is passed over."""

_BESIDE_PIXELS = 2**13
"""Bytes of a message that are none: of a frame's header, or of a refusal. Rows end at a multiple of
four bytes, so narrow pictures have more than their pixels."""

_PIECE_BYTES = 2**18
_COMMAND = (sys.executable, "-P", "-m", "faceveil.clips.reader")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_WALLS = TypeAdapter(Walls)
_REFUSAL = TypeAdapter(tuple[str, Annotated[str, Field(max_length=1000)]])
_REFUSALS: dict[str, type[Problem]] = {
    kind.slug: kind for kind in (UnreadableClip, ClipTooLarge, ClipTooCostly)
}

logger = logging.getLogger("faceveil.clips")


@dataclass(slots=True)
class Decoder:
    """A process that decodes one clip.

    Attributes:
        bounds: of the clip.
        pid: of the process.
    """

    bounds: Bounds
    pid: int
    _reader: asyncio.StreamReader = field(repr=False)
    _writer: asyncio.StreamWriter = field(repr=False)

    async def begin(self, data: bytes, confinement: Wanted) -> None:
        """Gives it the clip, once it is confined.

        Raises:
            NotReady: if it does not begin.
            NotInstalled: if it cannot be confined as is required.
        """
        try:
            async with asyncio.timeout(START_S):
                self._writer.write(request_of(self.bounds))
                ready = await self._message()
                if ready[:1] != READY:
                    raise ValueError("it does not say that it is ready")
                walls = _WALLS.validate_json(ready[1:])
                if confinement == "required" and lacking(walls):
                    raise NotInstalled("What decodes clips cannot be confined here as is required.")
                with contextlib.suppress(OSError):  # what ends it meanwhile, its answer shows
                    await self._give(data)
        except (OSError, EOFError, TimeoutError, ValueError):
            raise NotReady("The process that decodes clips cannot be started. Try again.") from None

    async def _give(self, data: bytes) -> None:
        self._writer.write(len(data).to_bytes(4))
        for start in range(0, len(data), _PIECE_BYTES):
            self._writer.write(data[start : start + _PIECE_BYTES])
            await self._writer.drain()

    async def frames(self) -> AsyncIterator[tuple[float, bytes]]:
        """Its frames, as they are wanted: of each when it was taken, and an image file.

        Raises:
            UnreadableClip, ClipTooLarge: as `decoded` does.
            ClipTooCostly: if it takes too much, or ends without a word.
        """
        number, latest = 0, 0.0
        patience = FRAME_S + SKIPPED_S * (self.bounds.every - 1)
        try:
            while True:
                async with asyncio.timeout(patience):
                    message = await self._message()
                kind, told = message[:1], message[1:]
                if kind == DONE:
                    return
                if kind == REFUSED:
                    slug, detail = _REFUSAL.validate_json(told)
                    raise _REFUSALS[slug](detail)
                if kind == FAILED:
                    logger.error("a clip was not decoded", extra={"exception": repr(told[:64])})
                    raise InternalError(InternalError.example)
                at = AT.unpack_from(told)[0] if kind == FRAME and len(told) > AT.size else math.nan
                if not at >= 0:
                    raise ValueError("this is no frame")
                number, latest = number + 1, max(latest, at)
                self.bounds.check_length(latest, number)
                yield latest, told[AT.size :]
        except (OSError, EOFError, LookupError, TimeoutError, ValueError) as problem:
            # It was ended, or is no longer ours.
            logger.warning("a clip ended its decoder", extra={"by": type(problem).__name__})
            raise ClipTooCostly(ClipTooCostly.example) from None

    async def _message(self) -> bytes:
        size = int.from_bytes(await self._reader.readexactly(4))
        if not 0 < size <= 2 * self.bounds.pixels + _BESIDE_PIXELS:
            raise ValueError("it says more than a frame has")
        return await self._reader.readexactly(size)


@asynccontextmanager
async def decoder(bounds: Bounds) -> AsyncIterator[Decoder]:
    """A process that decodes one clip; it is ended at the end, whatever it does.

    Raises:
        NotReady: if none can be had.
    """
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*_COMMAND, str(theirs.fileno())],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a library's complaint may quote the clip
                pass_fds=[theirs.fileno()],
                cwd="/",
                process_group=0,  # Ctrl-C is the server's
            )
    except OSError:
        ours.close()
        raise NotReady("The process that decodes clips cannot be started. Try again.") from None
    try:
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=2**20)
        try:
            yield Decoder(bounds, process.pid, reader, writer)
        finally:
            writer.transport.abort()
    finally:
        process.kill()
        asyncio.get_running_loop().run_in_executor(None, process.wait)


def _environment() -> dict[str, str]:
    """All that it gets: where our code is, and that it has one core."""
    paths = [str(Path(path).absolute()) for path in sys.path]
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "1",
        **_ONE_THREAD,
    }
