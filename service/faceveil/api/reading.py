"""How an image is to be read, and how what was read is answered."""

import base64
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from faceveil.api.answers import (
    AnonymizedFace,
    AnonymizedImage,
    Emotion,
    FaceBox,
    ImageSize,
    ModelUsed,
)
from faceveil.api.deps import Components
from faceveil.engine.engine import Engine
from faceveil.engine.job import ReadFace, Work, shortest
from faceveil.vision.face import Box


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


def observe(components: Components, done: Work) -> None:
    """Tells the metrics."""
    for stage, seconds in done.seconds.items():
        components.metrics.stage_seconds.labels(stage).observe(seconds)
    components.metrics.faces.inc(len(done.faces))


def answer_of(done: Work, engine: Engine, query: AnonymizeQuery) -> AnonymizedImage:
    """What is answered of an image."""
    card = engine.card
    return AnonymizedImage(
        model=ModelUsed(name=card.name, version=card.version, level=done.level),
        image=ImageSize(width=done.width, height=done.height),
        faces=[
            AnonymizedFace(
                box=_rounded(face.box),
                score=None if face.score is None else round(face.score, 4),
                emotion=emotion_of(face, card.labels),
                embedding=written(face.embedding, query.embedding_format),
            )
            for face in done.faces
        ],
    )


def _rounded(box: Box) -> FaceBox:
    return FaceBox(
        x=round(box.x, 2),
        y=round(box.y, 2),
        width=round(box.width, 2),
        height=round(box.height, 2),
    )


def emotion_of(face: ReadFace, labels: list[str]) -> Emotion:
    """The emotion of a face, by the card's labels."""
    probabilities = dict(zip(labels, face.emotion, strict=True))
    return Emotion(
        label=max(probabilities, key=probabilities.__getitem__), probabilities=probabilities
    )


def written(
    embedding: NDArray[np.float32] | list[float], wanted: EmbeddingFormat
) -> list[float] | str:
    """An embedding, float32 of shape (D,) or such numbers by `shortest`, as it is answered."""
    if wanted is EmbeddingFormat.base64:
        return base64.b64encode(np.asarray(embedding, "<f4").tobytes()).decode()
    return embedding if isinstance(embedding, list) else shortest(embedding)
