"""What `/v1/anonymize` answers."""

from typing import Any

from pydantic import BaseModel, Field

from faceveil.api.embeddings import EmbeddingFormat, written
from faceveil.engine.engine import Engine
from faceveil.engine.job import ReadFace, ReadPicture
from faceveil.model.card import Card
from faceveil.prior import PriorName
from faceveil.problems import ProblemDetails
from faceveil.vision.crops import Seen
from faceveil.vision.face import Box, Point
from faceveil.vision.quality import Doubt


def is_none(value: object) -> bool:
    """Whether a member is left out of an answer."""
    return value is None


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


class Expression(BaseModel):
    """What the model reads in the released embedding beyond a word, on average of faces alike.

    It is what a face shows by convention, not what somebody feels.
    """

    valence: float = Field(description="From -1, unpleasant, to 1, pleasant.")
    arousal: float = Field(description="From -1, calm, to 1, excited.")
    action_units: dict[str, float] = Field(
        description="Strength, 0 to 1, by number in the Facial Action Coding System."
    )


class FacePoint(BaseModel):
    """A point in pixels of the upright picture, from its top left corner."""

    x: float
    y: float


class FacePoints(BaseModel):
    """Five points. "Left" is what appears on the left once the face is turned upright."""

    left_eye: FacePoint
    right_eye: FacePoint
    nose: FacePoint | None = Field(description="Its tip; null if it was not seen.")
    left_mouth: FacePoint | None = Field(description="The mouth's corner; null if not seen.")
    right_mouth: FacePoint | None = Field(description="The mouth's corner; null if not seen.")


class Quality(BaseModel):
    """How much a reading is worth."""

    doubts: list[Doubt] = Field(
        description="Why it deserves doubt; empty for a face that is large, sharp, lit, open and "
        "seen from the front."
    )


class AnonymizedFace(BaseModel):
    """One face's answer. What the detector tells is null with aligned=true: it was not asked."""

    box: FaceBox
    score: float | None = Field(
        description="The detector's confidence, 0 to 1; null with aligned=true."
    )
    roll: float | None = Field(
        None,
        description="Degrees, clockwise, -180 to 180, by which the face is turned in the picture; "
        "it is read upright.",
    )
    yaw: float | None = Field(
        None, description="Degrees by which the head is turned to the picture's right, -90 to 90."
    )
    pitch: float | None = Field(
        None, description="Degrees by which the head is turned up, -90 to 90."
    )
    points: FacePoints | None = Field(None, description="Eyes, nose and mouth.")
    quality: Quality | None = Field(None, description="How much the reading is worth.")
    emotion: Emotion
    expression: Expression | None = Field(
        None, exclude_if=is_none, description="Absent where the model tells none."
    )
    embedding: list[float] | str = Field(
        description="D numbers; or, with embedding_format=base64, D little-endian float32."
    )


class AnonymizedImage(BaseModel):
    """One image's answer: its faces, largest first."""

    model: ModelUsed
    image: ImageSize
    found: int = Field(
        description="How many faces there are in the picture, answered or not. Where the largest "
        "alone is wanted, those narrower than a tenth of the picture may be left out."
    )
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
    "roll": -3.1,
    "yaw": 4.9,
    "pitch": -2.4,
    "points": {
        "left_eye": {"x": 131.2, "y": 131.9},
        "right_eye": {"x": 189.4, "y": 128.7},
        "nose": {"x": 163.5, "y": 160.4},
        "left_mouth": {"x": 140.3, "y": 188.0},
        "right_mouth": {"x": 185.9, "y": 185.6},
    },
    "quality": {"doubts": []},
    "emotion": {"label": "happiness", "probabilities": {"happiness": 0.91, "neutral": 0.09}},
    "expression": {"valence": 0.72, "arousal": 0.44, "action_units": {"6": 0.51, "12": 0.76}},
    "embedding": [0.318, -1.204, 0.77],
}
EXAMPLE_IMAGE: dict[str, Any] = {
    "model": {"name": "faceveil", "version": "1.0.0", "level": "balanced", "prior": "wild"},
    "image": {"width": 320, "height": 243},
    "found": 1,
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
        found=done.found,
        faces=[
            AnonymizedFace(
                box=rounded(face.box),
                **of_detector(face.seen),
                emotion=emotion_of(face, card.labels),
                expression=expression_of(face, card),
                embedding=written(face.embedding, wanted),
            )
            for face in done.faces
        ],
    )


def of_detector(seen: Seen | None) -> dict[str, Any]:
    """The members of a face's answer that the detector tells."""
    if seen is None:
        return dict.fromkeys(("score", "roll", "yaw", "pitch", "points", "quality"))
    pose, parts = seen.pose, seen.features
    return {
        "score": round(seen.score, 4),
        "roll": round(pose.roll, 1),
        "yaw": None if pose.yaw is None else round(pose.yaw, 1),
        "pitch": None if pose.pitch is None else round(pose.pitch, 1),
        "points": FacePoints(
            left_eye=_point(seen.left_eye),
            right_eye=_point(seen.right_eye),
            nose=parts and _point(parts.nose),
            left_mouth=parts and _point(parts.left_mouth),
            right_mouth=parts and _point(parts.right_mouth),
        ),
        "quality": Quality(doubts=list(seen.doubts)),
    }


def _point(point: Point) -> FacePoint:
    return FacePoint(x=round(point[0], 2), y=round(point[1], 2))


def rounded(box: Box) -> FaceBox:
    """A box as it is answered."""
    return FaceBox(
        x=round(box.x, 2),
        y=round(box.y, 2),
        width=round(box.width, 2),
        height=round(box.height, 2),
    )


def expression_of(face: ReadFace, card: Card) -> Expression | None:
    """The expression of a face, by the card's action units; none where the model tells none."""
    if face.expression is None or card.expression is None:
        return None
    valence, arousal, *strengths = face.expression
    units = zip(map(str, card.expression.action_units), strengths, strict=True)
    return Expression(valence=valence, arousal=arousal, action_units=dict(units))


def emotion_of(face: ReadFace, labels: list[str]) -> Emotion:
    """The emotion of a face, by the card's labels."""
    probabilities = dict(zip(labels, face.emotion, strict=True))
    return Emotion(
        label=max(probabilities, key=probabilities.__getitem__), probabilities=probabilities
    )
