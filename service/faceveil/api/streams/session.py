"""One stream: takes frames in, answers the newest, and looks whether it may go on."""

import asyncio
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.websockets import WebSocket, WebSocketDisconnect

from faceveil.api.streams.following import Following
from faceveil.http.websockets import POLICY
from faceveil.pool.scheduler import AbandonedError
from faceveil.problems import Problem, Unauthorized
from faceveil.settings import StreamSettings
from faceveil.streams.newest import Frame, Newest
from faceveil.streams.places import Running
from faceveil.streams.tracks import GAP_S, Leaps

END = "end"
"""The text by which a client says that it wants the summary, and no more. Another text that it may
send is a number: when the next frame was taken, in seconds."""

MOST_SECONDS = 1e9
"""Of a time that a client gives."""

DONE = 1000
"""Close code of an end that was foreseen."""


class Over(Exception):
    """The stream ends; the close code and the reason are told."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Session:
    """A stream that runs."""

    websocket: WebSocket
    following: Following
    limits: StreamSettings
    frames: Newest = field(default_factory=Newest)
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    gone: bool = False
    latest: float = 0.0
    leaps: Leaps = field(default_factory=Leaps)

    def running(self) -> Running:
        """It, as one of those that run."""
        asked, principal = self.following.asked, self.following.asked.principal
        return Running(
            asked.client,
            principal.tenant,
            principal.actor,
            asked.level,
            datetime.now(UTC),
            self.frames,
            self.following.stream,
        )

    async def run(self) -> int | None:
        """Runs until the client, the limits or the key end it.

        Returns:
            The close code that was sent; None where the client went away.
        """
        seconds = self.limits.seconds
        try:
            async with asyncio.timeout(seconds):
                await self._send(self.following.opened(seconds).model_dump_json())
                await self._both()
        except TimeoutError:
            over = Over(DONE, f"{seconds:g} s are over; open another stream")
        except (WebSocketDisconnect, AbandonedError):
            return None
        except Over as end:
            over = end
        finally:
            self.gone = True
            self.following.metrics.stream_frames.labels("dropped").inc(self.frames.dropped)
        await self._close(over)
        return over.code

    async def _both(self) -> None:
        """Takes frames in and answers them, until either ends."""
        tasks = [
            asyncio.create_task(self._take_in()),
            asyncio.create_task(self._answer_all()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.gone = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _take_in(self) -> None:
        taken: float | None = None
        while True:
            message = await self.websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            if (data := message.get("bytes")) is not None:
                now = asyncio.get_running_loop().time() - self.began
                self._leaped(taken)
                self.latest, taken = max(self.latest, now if taken is None else taken), None
                self.frames.put(data, self.latest)
            elif message.get("text") == END:
                await self._send(self.following.ended(self.frames.dropped).model_dump_json())
                raise Over(DONE, "the end")
            else:
                taken = _seconds(message.get("text") or "")

    def _leaped(self, taken: float | None) -> None:
        """Counts frames that come one by one too late for any face to be followed.

        Raises:
            Over: if none follows another: then each would have embeddings of its own. So it is
                where a client sends milliseconds.
        """
        after = 0.0 if taken is None or not self.frames.came else taken - self.latest
        if self.leaps.are_too_many(after) and self.following.asked.vectors:
            raise Over(POLICY, f"frames are more than {GAP_S:g} s apart: say when in seconds")

    async def _answer_all(self) -> None:
        idle = self.limits.idle_s
        while True:
            try:
                async with asyncio.timeout(idle):
                    frame = await self.frames.take()
            except TimeoutError:
                raise Over(POLICY, f"no frame came for {idle:g} s") from None
            await self._send(await self._answer(frame))

    async def _answer(self, frame: Frame) -> str:
        dropped = self.frames.dropped
        try:
            told = await self.following.read(frame, dropped, lambda: self.gone)
        except Unauthorized as problem:
            raise Over(POLICY, f"{problem.slug}: the key or token counts no more") from None
        except Problem as problem:
            refused = self.following.refused(frame, dropped, problem)
            return refused.model_dump_json(exclude_none=True)
        return told.model_dump_json()

    async def _send(self, text: str) -> None:
        """Sends, as fast as the client reads: meanwhile frames are dropped.

        Raises:
            Over: if it does not read at all.
        """
        try:
            async with asyncio.timeout(self.limits.idle_s):
                await self.websocket.send_text(text)
        except TimeoutError:
            raise Over(POLICY, "the answers are not read") from None

    async def _close(self, over: Over) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self.websocket.close(over.code, over.reason[:120])
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass  # it has gone


def _seconds(text: str) -> float:
    """When a frame was taken, as a client says."""
    try:
        seconds = float(text[:32])
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < MOST_SECONDS:
        raise Over(POLICY, f"send frames as binary messages; as text, seconds or '{END}'")
    return seconds
