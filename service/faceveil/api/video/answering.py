"""The answer to a clip: a line of JSON for each frame, as they are read."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from faceveil.api.components import Components
from faceveil.api.streams.answers import Failed, FrameRead, FrameRefused
from faceveil.api.streams.following import Following
from faceveil.clips.apart import Decoder, decoder
from faceveil.clips.reader import Bounds
from faceveil.http.middleware import STOPPING
from faceveil.http.room import give_back
from faceveil.problems import (
    ClipTooCostly,
    InvalidParameters,
    NotReady,
    Overloaded,
    Problem,
    Unauthorized,
)
from faceveil.streams.newest import Frame
from faceveil.streams.tracks import GAP_S, Leaps

NDJSON = "application/x-ndjson"

PATIENCE_S = 30
"""Seconds that a frame waits for a place or for its key's rate, before the clip is given up."""


class ClipAnswer(Response):
    """Reads a clip while its frames are answered. Who goes away ends the work."""

    media_type = NDJSON

    def __init__(
        self, clip: bytes, bounds: Bounds, following: Following, components: Components
    ) -> None:
        """Takes what is to be read; nothing is begun."""
        # A proxy is to pass each line on at once.
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["Content-Length"]
        self._clip, self._bounds = clip, bounds
        self._following, self._components = following, components

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers.

        Raises:
            Problem: if the clip is refused before its first line.
            ClientDisconnect: if the client goes away, or does not read its answer.
        """
        with self._components.clips.take(self._following.asked.client):
            async with decoder(self._bounds) as process:
                answering = asyncio.create_task(self._send_all(process, scope, send))
                leaving = asyncio.create_task(_gone(receive))
                try:
                    await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
                    if not answering.done():
                        raise ClientDisconnect
                    answering.result()
                finally:
                    for task in (answering, leaving):
                        task.cancel()
                    await asyncio.gather(answering, leaving, return_exceptions=True)

    async def _send_all(self, process: Decoder, scope: Scope, send: Send) -> None:
        await process.begin(self._clip, self._components.settings.engine.confinement)
        self._clip = b""
        give_back(scope)  # pictures need the room: frames may take minutes
        async with aclosing(self._lines(process)) as lines:
            first = await anext(lines)
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            await self._send(send, first)
            async for line in lines:
                await self._send(send, line)
        await send({"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, line: BaseModel) -> None:
        body = line.model_dump_json(exclude_none=isinstance(line, Failed | FrameRefused)) + "\n"
        try:
            async with asyncio.timeout(self._components.settings.streams.idle_s):
                message = {"type": "http.response.body", "body": body.encode(), "more_body": True}
                await send(message)
        except TimeoutError:
            raise ClientDisconnect from None

    async def _lines(self, process: Decoder) -> AsyncGenerator[BaseModel, None]:
        settings, following = self._components.settings, self._following
        number, latest, leaps = 0, 0.0, Leaps()
        ends = asyncio.get_running_loop().time() + settings.streams.seconds
        frames = process.frames()
        while True:
            try:
                at, data = await anext(frames)
                self._check(ends, leaps.are_too_many(at - latest))
                told = await self._answered(Frame(number + 1, data, at))
            except StopAsyncIteration:
                break
            except Problem as problem:
                if not number:
                    raise
                yield following.failed(problem)
                return
            if not number:
                yield following.opened(self._bounds.seconds)
            yield told
            number, latest = number + 1, at
        yield following.ended(0)

    def _check(self, ends: float, leaping: bool) -> None:
        """Lets the clip go on.

        Raises:
            NotReady, ClipTooCostly, InvalidParameters: otherwise.
        """
        if self._components.stopping:
            raise NotReady(STOPPING, reason="stopping")
        if asyncio.get_running_loop().time() > ends:
            raise ClipTooCostly("The clip takes too long to read here. Split it.")
        if leaping and self._following.asked.vectors:
            raise InvalidParameters(
                f"Frames are more than {GAP_S:g} s apart, so no face can be followed. Read more "
                "of them (every), or moods alone (vectors=0)."
            )

    async def _answered(self, frame: Frame) -> FrameRead | FrameRefused:
        """The answer to a frame, which may wait for its turn: a clip is not late.

        Raises:
            Overloaded: if it would wait for too long.
            Unauthorized: if the key or token counts no more.
        """
        waited = 0
        while True:
            try:
                return await self._following.read(frame, 0, lambda: False)
            except Overloaded as problem:
                waited += problem.retry_after_s
                if waited > PATIENCE_S:
                    raise
                await asyncio.sleep(problem.retry_after_s)
            except Unauthorized:
                raise
            except Problem as problem:
                return self._following.refused(frame, 0, problem)


async def _gone(receive: Receive) -> None:
    """Waits until the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
