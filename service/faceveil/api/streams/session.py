"""One stream: reads the newest frame, answers it, and looks whether it may go on."""

import asyncio
import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.websockets import WebSocket, WebSocketDisconnect

from faceveil.access.door import Door, Principal
from faceveil.access.lookups import LookUps
from faceveil.api.anonymize.answers import ModelUsed
from faceveil.api.priors import expecting
from faceveil.api.streams.answers import FrameRefused, Opened, ended_of, frame_of
from faceveil.api.streams.query import StreamQuery
from faceveil.engine.engine import Engine
from faceveil.engine.job import Job, Order, ReadPicture
from faceveil.http.websockets import POLICY
from faceveil.pool.scheduler import AbandonedError
from faceveil.prior import Prior
from faceveil.problems import Problem, Unauthorized
from faceveil.settings import StreamSettings
from faceveil.streams.newest import Frame, Newest
from faceveil.streams.places import Running
from faceveil.streams.stream import Stream
from faceveil.streams.tracks import GAP_S
from faceveil.telemetry.metrics import Metrics

END = "end"
"""The text by which a client says that it wants the summary, and no more. Another text that it may
send is a number: when the next frame was taken, in seconds."""

MOST_SECONDS = 1e9
"""Of a time that a client gives."""

MOST_LEAPS = 8
"""Frames one after another, each too late for a face of the one before to be followed."""

DONE = 1000
"""Close code of an end that was foreseen."""


class Over(Exception):
    """The stream ends; the close code and the reason are told."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a stream, and for what; a route makes it of the request.

    Attributes:
        given: the key or token that was shown.
        principal: whose that is.
        client: whom to share fairly with.
        request_id: under which the log tells of a failure.
        query: how frames are read.
        level: privacy level.
        prior: by which they are answered.
        vectors: embeddings of a track, at most.
        limits: of time.
    """

    given: str | None
    principal: Principal
    client: str
    request_id: str
    query: StreamQuery
    level: str
    prior: Prior
    vectors: int
    limits: StreamSettings


@dataclass(slots=True)
class Session:
    """A stream that runs."""

    websocket: WebSocket
    asked: Asked
    engine: Engine
    door: Door
    lookups: LookUps
    metrics: Metrics
    frames: Newest = field(default_factory=Newest)
    stream: Stream = field(init=False)
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    gone: bool = False
    latest: float = 0.0
    leaps: int = 0

    def __post_init__(self) -> None:
        asked = self.asked
        self.stream = Stream(
            self.engine.card,
            asked.level,
            asked.prior,
            vectors=asked.vectors,
            faces=asked.query.limit,
        )

    def running(self) -> Running:
        """It, as one of those that run."""
        asked, principal = self.asked, self.asked.principal
        return Running(
            asked.client,
            principal.tenant,
            principal.actor,
            asked.level,
            datetime.now(UTC),
            self.frames,
            self.stream,
        )

    async def run(self) -> int | None:
        """Runs until the client, the limits or the key end it.

        Returns:
            The close code that was sent; None where the client went away.
        """
        asked, card = self.asked, self.engine.card
        model = ModelUsed(
            name=card.name, version=card.version, level=asked.level, prior=asked.prior.name
        )
        opened = Opened(
            model=model,
            vectors=asked.vectors,
            proved=card.guarantee is not None,
            seconds=asked.limits.seconds,
        )
        try:
            async with asyncio.timeout(asked.limits.seconds):
                await self._send(opened.model_dump_json())
                await self._both()
        except TimeoutError:
            over = Over(DONE, f"{asked.limits.seconds:g} s are over; open another stream")
        except (WebSocketDisconnect, AbandonedError):
            return None
        except Over as end:
            over = end
        finally:
            self.gone = True
            self.metrics.stream_frames.labels("dropped").inc(self.frames.dropped)
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
                await self._send(
                    ended_of(self.stream.summary(), self.frames.dropped).model_dump_json()
                )
                raise Over(DONE, "the end")
            else:
                taken = _seconds(message.get("text") or "")

    def _leaped(self, taken: float | None) -> None:
        """Counts frames that come one by one too late for any face to be followed.

        Raises:
            Over: if none follows another: then each would have embeddings of its own. So it is
                where a client sends milliseconds.
        """
        late = taken is not None and self.frames.came > 0 and taken - self.latest > GAP_S
        self.leaps = self.leaps + 1 if late else 0
        if self.leaps == MOST_LEAPS and self.asked.vectors:
            raise Over(POLICY, f"frames are more than {GAP_S:g} s apart: say when in seconds")

    async def _answer_all(self) -> None:
        idle = self.asked.limits.idle_s
        while True:
            try:
                async with asyncio.timeout(idle):
                    frame = await self.frames.take()
            except TimeoutError:
                raise Over(POLICY, f"no frame came for {idle:g} s") from None
            await self._send(await self._answer(frame))

    async def _check_key(self) -> None:
        """A stream ends with its key or token.

        Raises:
            Over: if that counts no more.
            StoreBusy, Overloaded: if it cannot be looked up now.
        """
        try:
            await self.lookups.principal(self.asked.given)
        except Unauthorized as problem:
            raise Over(POLICY, f"{problem.slug}: the key or token counts no more") from None

    async def _answer(self, frame: Frame) -> str:
        dropped = self.frames.dropped
        try:
            done = await self._read(frame)
        except Problem as problem:
            self.metrics.stream_frames.labels("refused").inc()
            self.metrics.rejections.labels(problem.slug).inc()
            error = problem.details(self.asked.request_id)
            refused = FrameRefused(
                frame=frame.number, at=round(frame.at, 3), dropped=dropped, error=error
            )
            return refused.model_dump_json(exclude_none=True)
        self.metrics.stream_frames.labels("read").inc()
        faces, ended = self.stream.see(done, frame.at)
        proved = self.engine.card.guarantee is not None
        # Where nothing is proved, a mood is as good as an embedding, so it counts as one.
        released = sum(seen.embedding is not None or not proved for seen in faces)
        self.door.spend(self.asked.principal, released)
        card, wanted = self.engine.card, self.asked.query.embedding_format
        seen = (faces, ended)
        terms = self.stream.terms
        return frame_of(frame, dropped, done, seen, terms, card, wanted).model_dump_json()

    async def _read(self, frame: Frame) -> ReadPicture:
        asked, scheduler = self.asked, self.engine.scheduler
        await self._check_key()
        self.door.may_spend(asked.principal)
        order = Order(frame.data, False, asked.level, time.perf_counter(), asked.query.wanted)
        job = Job(order, asked.principal.tenant, asked.request_id)
        with scheduler.admit(asked.client) as place:
            done = await scheduler.run(job, lambda: self.gone, place)
        for stage, seconds in done.seconds.items():
            self.metrics.stage_seconds.labels(stage).observe(seconds)
        self.metrics.faces.inc(len(done.faces))
        return expecting(asked.prior, done)

    async def _send(self, text: str) -> None:
        """Sends, as fast as the client reads: meanwhile frames are dropped.

        Raises:
            Over: if it does not read at all.
        """
        try:
            async with asyncio.timeout(self.asked.limits.idle_s):
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
