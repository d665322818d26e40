"""What `/v1/anonymize` answers."""

from pydantic import BaseModel, Field

from faceveil.problems import ProblemDetails


class ModelUsed(BaseModel):
    """The model that answered. Embeddings of different models or versions do not compare."""

    name: str
    version: str
    level: str = Field(description="Privacy level: how much noise the embedding carries.")


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
