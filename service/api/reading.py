"""From an image to an answer: the query that says how, the work on a thread, the answer's parts."""

import base64
import time
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from service.api.answers import (
    AnonymizedFace,
    AnonymizedImage,
    Emotion,
    FaceBox,
    ImageSize,
    ModelUsed,
)
from service.api.deps import Components, Engine
from service.api.images import Upload
from service.engine.filter import Reading
from service.settings import Settings
from service.vision.crops import Crops, find_crops


class Faces(StrEnum):
    """Which faces of a picture are answered."""

    largest = "largest"
    all = "all"


class EmbeddingFormat(StrEnum):
    """How an embedding is written."""

    float = "float"
    base64 = "base64"


class AnonymizeQuery(BaseModel):
    """How the images are to be read."""

    model_config = {"extra": "forbid"}

    faces: Faces = Field(
        Faces.largest, description="The largest face, or all of them up to `limit`."
    )
    limit: int | None = Field(
        None, ge=1, le=1024, description="With faces=all: at most so many, the largest first."
    )
    embedding_format: EmbeddingFormat = Field(
        EmbeddingFormat.float, description="Numbers, or base64 of little-endian float32."
    )
    aligned: bool = Field(
        False,
        description="The image already is an aligned crop of the size in the model's card: "
        "no face is looked for.",
    )
    level: str | None = Field(
        None,
        max_length=64,
        description="Privacy level of the model's card, as strict as the key's or stricter; "
        "without one, the server's.",
    )


class AnonymizeOneQuery(AnonymizeQuery):
    """How the image is to be read, and whether what is read is to be stored."""

    store: bool = Field(
        False,
        description="Store the embedding and the emotion; needs `subject` in the form, the JSON "
        "body or the header X-Subject. The same as `store` there.",
    )


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker thread brings back: crops, readings at a level, and seconds by stage."""

    crops: Crops
    level: str
    readings: list[Reading]
    seconds: dict[str, float]


def read(
    upload: Upload,
    engine: Engine,
    settings: Settings,
    aligned: bool,
    limit: int,
    level: str,
    queued_at: float,
) -> Work:
    """Runs on a worker thread: from the bytes of an image to readings.

    Args:
        upload: the image.
        engine: reads it.
        settings: bounds what is decoded.
        aligned: whether the image is a crop already.
        limit: most faces.
        level: privacy level.
        queued_at: when it was ready to be read, by `time.perf_counter`.
    """
    began = time.perf_counter()
    crops = find_crops(
        upload.file(),
        engine.detector,
        engine.privacy_filter.card.crop,
        max_pixels=settings.limits.pixels,
        limit=limit,
        aligned=aligned,
    )
    cropped = time.perf_counter()
    readings = engine.privacy_filter.read([face.crop for face in crops.faces], level)
    seconds = {
        "queue": began - queued_at,
        "decode": crops.decode_s,
        "detect": crops.detect_s,
        "infer": time.perf_counter() - cropped,
    }
    return Work(crops, level, readings, seconds)


def observe(components: Components, done: Work) -> None:
    """Tells the metrics."""
    for stage, seconds in done.seconds.items():
        components.metrics.stage_seconds.labels(stage).observe(seconds)
    components.metrics.faces.inc(len(done.readings))


def answer_of(done: Work, engine: Engine, query: AnonymizeQuery) -> AnonymizedImage:
    """What is answered of an image."""
    card = engine.privacy_filter.card
    return AnonymizedImage(
        model=ModelUsed(name=card.name, version=card.version, level=done.level),
        image=ImageSize(width=done.crops.width, height=done.crops.height),
        faces=[
            AnonymizedFace(
                box=FaceBox(**{side: round(px, 2) for side, px in asdict(face.box).items()}),
                score=None if face.score is None else round(face.score, 4),
                emotion=_emotion(reading, card.labels),
                embedding=written(reading.embedding, query.embedding_format),
            )
            for face, reading in zip(done.crops.faces, done.readings, strict=True)
        ],
    )


def _emotion(reading: Reading, labels: list[str]) -> Emotion:
    probabilities = dict(zip(labels, _shortest(reading.emotion), strict=True))
    return Emotion(
        label=max(probabilities, key=probabilities.__getitem__), probabilities=probabilities
    )


def written(embedding: NDArray[np.float32], wanted: EmbeddingFormat) -> list[float] | str:
    """An embedding, float32 of shape (D,), as it is answered."""
    if wanted is EmbeddingFormat.base64:
        return base64.b64encode(embedding.astype("<f4").tobytes()).decode()
    return _shortest(embedding)


def _shortest(values: NDArray[np.float32]) -> list[float]:
    """The same numbers in as few digits as tell a float32 from its neighbours, half the bytes."""
    return [float(str(value)) for value in values]
