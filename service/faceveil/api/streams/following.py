"""What streams and clips have in common: who asks, and how a frame is read and answered."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from faceveil.access.door import Principal
from faceveil.api.anonymize.answers import ModelUsed
from faceveil.api.components import Components, components_of
from faceveil.api.levels import chosen_level
from faceveil.api.priors import chosen_prior, expecting
from faceveil.api.streams.answers import (
    Ended,
    Failed,
    FrameRead,
    FrameRefused,
    Opened,
    ended_of,
    frame_of,
)
from faceveil.api.streams.query import StreamQuery
from faceveil.engine.job import Job, Order, ReadPicture
from faceveil.prior import Prior
from faceveil.problems import Problem
from faceveil.streams.newest import Frame
from faceveil.streams.stream import Stream


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a stream or a clip, and for what; a route makes it of the request.

    Attributes:
        given: the key or token that was shown.
        principal: whose that is.
        client: whom to share fairly with.
        request_id: under which the log tells of a failure.
        query: how frames are read.
        level: privacy level.
        prior: by which they are answered.
        vectors: embeddings of a track, at most.
    """

    given: str | None
    principal: Principal
    client: str
    request_id: str
    query: StreamQuery
    level: str
    prior: Prior
    vectors: int

    @staticmethod
    def of(
        connection: HTTPConnection,
        given: str | None,
        principal: Principal,
        request_id: str,
        query: StreamQuery,
    ) -> "Asked":
        """For whoever was let in.

        Raises:
            InvalidParameters, LevelTooLoose, Forbidden: if that cannot be had here.
        """
        components = components_of(connection)
        engine = components.engine
        assert engine is not None
        query.check(components.settings)
        level = chosen_level(engine.card, engine.level, principal.level, query.level)
        return Asked(
            given,
            principal,
            connection.state.client,
            request_id,
            query,
            level,
            chosen_prior(engine, query.prior),
            query.released(components.settings),
        )


class Following:
    """Follows the faces of a stream or a clip, from frame to frame."""

    def __init__(self, asked: Asked, components: Components) -> None:
        """Begins; no frame was read yet."""
        assert components.engine is not None
        assert components.opened is not None
        self.asked = asked
        self.metrics = components.metrics
        self._engine, self._opened = components.engine, components.opened
        self.stream = Stream(
            self._engine.card,
            asked.level,
            asked.prior,
            vectors=asked.vectors,
            faces=asked.query.limit,
        )

    def opened(self, seconds: float) -> Opened:
        """The first line, for what may take so many seconds."""
        asked, card = self.asked, self._engine.card
        model = ModelUsed(
            name=card.name, version=card.version, level=asked.level, prior=asked.prior.name
        )
        proved = card.guarantee is not None
        return Opened(model=model, vectors=asked.vectors, proved=proved, seconds=seconds)

    def ended(self, dropped: int) -> Ended:
        """The summary, where so many frames were not read."""
        return ended_of(self.stream.summary(), dropped)

    async def read(self, frame: Frame, dropped: int, gone: Callable[[], bool]) -> FrameRead:
        """The answer to a frame.

        Args:
            frame: as it came.
            dropped: frames so far that were not read.
            gone: tells whether the client went away; asked once, before the work starts.

        Raises:
            Unauthorized: if the key or token counts no more.
            Problem: if the frame cannot be read, or not now.
            AbandonedError: if the client has gone.
        """
        done = await self._read(frame, gone)
        self.metrics.stream_frames.labels("read").inc()
        faces, ended = self.stream.see(done, frame.at)
        card, asked = self._engine.card, self.asked
        # Where nothing is proved, a mood is as good as an embedding, so it counts as one.
        proved = card.guarantee is not None
        released = sum(seen.embedding is not None or not proved for seen in faces)
        self._opened.door.spend(asked.principal, released)
        wanted, seen = asked.query.embedding_format, (faces, ended)
        return frame_of(frame, dropped, done, seen, self.stream.terms, card, wanted)

    def refused(self, frame: Frame, dropped: int, problem: Problem) -> FrameRefused:
        """The answer to a frame that could not be read."""
        self.metrics.stream_frames.labels("refused").inc()
        self.metrics.rejections.labels(problem.slug).inc()
        error = problem.details(self.asked.request_id)
        return FrameRefused(frame=frame.number, at=round(frame.at, 3), dropped=dropped, error=error)

    def failed(self, problem: Problem) -> Failed:
        """The last line, where the rest cannot be read."""
        self.metrics.rejections.labels(problem.slug).inc()
        return Failed(error=problem.details(self.asked.request_id))

    async def _read(self, frame: Frame, gone: Callable[[], bool]) -> ReadPicture:
        asked, scheduler = self.asked, self._engine.scheduler
        await self._opened.lookups.principal(asked.given)
        self._opened.door.may_spend(asked.principal)
        order = Order(frame.data, False, asked.level, time.perf_counter(), asked.query.wanted)
        job = Job(order, asked.principal.tenant, asked.request_id)
        with scheduler.admit(asked.client) as place:
            done = await scheduler.run(job, gone, place)
        for stage, seconds in done.seconds.items():
            self.metrics.stage_seconds.labels(stage).observe(seconds)
        self.metrics.faces.inc(len(done.faces))
        return expecting(asked.prior, done)
