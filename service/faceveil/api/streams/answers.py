"""What a stream or a clip answers: one message at first, one a frame, and one at its end.

And what is told of the streams that run.
"""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

from faceveil.api.anonymize.answers import (
    EXAMPLE_IMAGE,
    Emotion,
    Expression,
    FaceBox,
    ImageSize,
    ModelUsed,
    Quality,
    emotion_of,
    expression_of,
    is_none,
    of_detector,
    rounded,
)
from faceveil.api.embeddings import EmbeddingFormat, written
from faceveil.engine.job import ReadPicture
from faceveil.model.card import Card
from faceveil.problems import ProblemDetails
from faceveil.streams.newest import Frame
from faceveil.streams.places import Running
from faceveil.streams.releases import Terms
from faceveil.streams.stream import SeenFace, Summary


class Opened(BaseModel):
    """The first message."""

    type: Literal["opened"] = "opened"
    model: ModelUsed
    vectors: int = Field(description="Embeddings that are released of a track, at most.")
    proved: bool = Field(description="Whether anything is proved of them.")
    seconds: float = Field(description="After which the stream ends.")


class MoodNow(BaseModel):
    """What a face shows, over time."""

    label: str
    intensity: float = Field(description="0 to 1: the label's probability, averaged over time.")
    onset: float = Field(description="When it began, in seconds of the stream.")
    began: bool = Field(description="Whether it takes over with this frame.")


class Released(BaseModel):
    """What was released of a track so far."""

    vectors: int = Field(description="Embeddings.")
    mu: float | None = Field(description="What is proved of them all; null where nothing is.")
    named: dict[int, float] | None = Field(
        description="How often anybody can name the right one of so many people, at most."
    )


class StreamFace(BaseModel):
    """A face of a frame. Its eyes and mouth are not told: over many frames, they average."""

    track: int = Field(description="Its number, as long as it is seen; means nothing elsewhere.")
    since: float = Field(description="When the track began, in seconds of the stream.")
    box: FaceBox
    score: float
    roll: float
    yaw: float | None
    pitch: float | None
    quality: Quality
    emotion: Emotion = Field(description="As this frame alone tells it.")
    expression: Expression | None = Field(
        None,
        exclude_if=is_none,
        description="As this frame alone tells it; absent where the model tells none.",
    )
    mood: MoodNow
    embedding: list[float] | str | None = Field(
        None, description="With the first frame that shows a standard expression; else null."
    )
    released: Released


class FrameRead(BaseModel):
    """A frame that was read."""

    type: Literal["frame"] = "frame"
    frame: int = Field(description="Its number, from 1, among those that came.")
    at: float = Field(
        description="When it came, in seconds of the stream; or was taken, if the client says."
    )
    dropped: int = Field(description="Frames so far that a newer one replaced unread.")
    image: ImageSize
    found: int
    faces: list[StreamFace]
    ended: list[int] = Field(description="Tracks that are no more.")


class FrameRefused(BaseModel):
    """A frame that could not be read; the stream goes on."""

    type: Literal["refused"] = "refused"
    frame: int
    at: float
    dropped: int
    error: ProblemDetails


class Failed(BaseModel):
    """The last line, where a clip cannot be read to its end; what was told before holds."""

    type: Literal["failed"] = "failed"
    error: ProblemDetails


class Ended(BaseModel):
    """The last message, at a clip's end or where the client asked for it. It holds no vector."""

    type: Literal["ended"] = "ended"
    frames: int = Field(description="That were read.")
    dropped: int
    seconds: float
    tracks: int
    released: int
    moods: dict[str, float] = Field(description="Seconds by mood, of all tracks together.")


class StreamLine(
    RootModel[
        Annotated[Opened | FrameRead | FrameRefused | Ended | Failed, Field(discriminator="type")]
    ]
):
    """One line of an answer; they are many."""


_EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "type": "opened",
        "model": EXAMPLE_IMAGE["model"],
        "vectors": 4,
        "proved": True,
        "seconds": 600.0,
    },
    {
        "type": "frame",
        "frame": 1,
        "at": 0.0,
        "dropped": 0,
        "image": EXAMPLE_IMAGE["image"],
        "found": 0,
        "faces": [],
        "ended": [],
    },
    {
        "type": "ended",
        "frames": 1,
        "dropped": 0,
        "seconds": 0.0,
        "tracks": 0,
        "released": 0,
        "moods": {"neutral": 0.0},
    },
)

LINES = "".join(json.dumps(line) + "\n" for line in _EXAMPLES)
"""An answer to a clip of one frame without a face."""


class RunningStream(BaseModel):
    """A stream that runs."""

    since: datetime = Field(description="When it was opened.")
    key: str = Field(description="Id of the key that opened it; 'anyone' where there are no keys.")
    level: str = Field(description="Privacy level.")
    frames: int = Field(description="That were read.")
    dropped: int = Field(description="Frames that a newer one replaced unread.")
    seconds: float = Field(description="From the first frame that was read to the last.")
    tracks: int = Field(description="Faces, each as often as it came anew.")
    released: int = Field(description="Embeddings.")


class RunningStreams(BaseModel):
    """The streams that run."""

    streams: list[RunningStream]


EXAMPLE_RUNNING = {
    "since": "2026-01-01T00:00:00Z",
    "key": "4f1d7a84c3b2",
    "level": "balanced",
    "frames": 640,
    "dropped": 12,
    "seconds": 31.2,
    "tracks": 2,
    "released": 5,
}


def running_of(running: Running) -> RunningStream:
    """What is told of a stream that runs."""
    seen = running.stream.summary()
    return RunningStream(
        since=running.since,
        key=running.actor,
        level=running.level,
        frames=seen.frames,
        dropped=running.frames.dropped,
        seconds=round(seen.seconds, 3),
        tracks=seen.tracks,
        released=seen.released,
    )


def face_of(seen: SeenFace, card: Card, terms: Terms, wanted: EmbeddingFormat) -> StreamFace:
    """What is answered of a face."""
    told: dict[str, Any] = of_detector(seen.face.seen)
    del told["points"]
    mood, bounds = seen.mood, terms.bounds(seen.released)
    return StreamFace(
        track=seen.track,
        since=round(seen.since, 3),
        box=rounded(seen.face.box),
        **told,
        emotion=emotion_of(seen.face, card.labels),
        expression=expression_of(seen.face, card),
        mood=MoodNow(
            label=card.labels[mood.label],
            intensity=round(mood.intensity, 4),
            onset=round(mood.onset, 3),
            began=mood.began,
        ),
        embedding=None if seen.embedding is None else written(seen.embedding, wanted),
        released=Released(
            vectors=seen.released,
            mu=bounds and bounds.mu,
            named=bounds and bounds.named,
        ),
    )


def frame_of(
    frame: Frame,
    dropped: int,
    done: ReadPicture,
    seen: tuple[list[SeenFace], list[int]],
    terms: Terms,
    card: Card,
    wanted: EmbeddingFormat = EmbeddingFormat.float,
) -> FrameRead:
    """What is answered of a frame.

    Args:
        frame: as it came.
        dropped: frames so far that were not read.
        done: what was read of it.
        seen: its faces, and the tracks that ended.
        terms: on which embeddings are released.
        card: of the model.
        wanted: how embeddings are written.
    """
    faces, ended = seen
    return FrameRead(
        frame=frame.number,
        at=round(frame.at, 3),
        dropped=dropped,
        image=ImageSize(width=done.width, height=done.height),
        found=done.found,
        faces=[face_of(each, card, terms, wanted) for each in faces],
        ended=ended,
    )


def ended_of(summary: Summary, dropped: int) -> Ended:
    """What is answered at the end."""
    return Ended(
        frames=summary.frames,
        dropped=dropped,
        seconds=round(summary.seconds, 3),
        tracks=summary.tracks,
        released=summary.released,
        moods={label: round(seconds, 3) for label, seconds in summary.moods.items()},
    )
