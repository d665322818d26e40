"""What `/v1/anonymize` answers."""

from typing import Any

from pydantic import BaseModel, Field

from faceveil.api.embeddings import EmbeddingFormat, written
from faceveil.engine.engine import Engine
from faceveil.engine.job import ReadFace, ReadPicture
from faceveil.prior import PriorName
from faceveil.problems import ProblemDetails
from faceveil.vision.face import Box


class ModelUsed(BaseModel):
    """The model that answered. Embeddings of different models or versions do not compare."""

    name: str = Field(description="Name of the model.")
    version: str = Field(description="Version of the model.")
    level: str = Field(description="Privacy level: how much noise the embedding carries.")
    prior: PriorName = Field(
        description="How often its answers expect to meet each emotion: wild, even, or as the "
        "server's operator set it (server)."
    )


class ImageSize(BaseModel):
    """The upright picture's size in pixels."""

    width: int
    height: int


class FaceBox(BaseModel):
    """Where a face is, in pixels of the upright picture, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


class Emotion(BaseModel):
    """What the model reads in the released embedding."""

    label: str = Field(description="The most probable label.")
    probabilities: dict[str, float] = Field(description="Of every label; they sum to 1.")


class AnonymizedFace(BaseModel):
    """One face's answer."""

    box: FaceBox
    score: float | None = Field(
        description="The detector's confidence, 0 to 1; null with aligned=true."
    )
    emotion: Emotion
    embedding: list[float] | str = Field(
        description="D numbers; or, with embedding_format=base64, D little-endian float32."
    )


class AnonymizedImage(BaseModel):
    """One image's answer: its faces, largest first."""

    model: ModelUsed
    image: ImageSize
    faces: list[AnonymizedFace]
    feature_id: str | None = Field(None, description="With store=true: the stored feature's id.")


class BatchItem(BaseModel):
    """One image of a batch: its answer or its own problem, never both."""

    index: int = Field(description="Its place in the request, from 0.")
    answer: AnonymizedImage | None = None
    error: ProblemDetails | None = None


class AnonymizedBatch(BaseModel):
    """The answers in the request's order."""

    items: list[BatchItem]


_FACE = {
    "box": {"x": 84.1, "y": 71.6, "width": 152.3, "height": 152.3},
    "score": 0.93,
    "emotion": {"label": "happiness", "probabilities": {"happiness": 0.91, "neutral": 0.09}},
    "embedding": [0.318, -1.204, 0.77],
}
EXAMPLE_IMAGE: dict[str, Any] = {
    "model": {"name": "faceveil", "version": "1.0.0", "level": "balanced", "prior": "wild"},
    "image": {"width": 320, "height": 243},
    "faces": [_FACE],
}


def answer_of(
    done: ReadPicture, prior: PriorName, engine: Engine, wanted: EmbeddingFormat
) -> AnonymizedImage:
    """What is answered of an image, by this prior."""
    card = engine.card
    return AnonymizedImage(
        model=ModelUsed(name=card.name, version=card.version, level=done.level, prior=prior),
        image=ImageSize(width=done.width, height=done.height),
        faces=[
            AnonymizedFace(
                box=_rounded(face.box),
                score=None if face.score is None else round(face.score, 4),
                emotion=emotion_of(face, card.labels),
                embedding=written(face.embedding, wanted),
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
