"""How an image is to be read."""

from enum import StrEnum

from pydantic import BaseModel, Field

from faceveil.api.embeddings import EmbeddingFormat
from faceveil.prior import PriorChoice


class Faces(StrEnum):
    """Which faces of a picture are answered."""

    largest = "largest"
    only = "only"
    all = "all"


class AnonymizeQuery(BaseModel):
    """How the images are to be read."""

    model_config = {"extra": "forbid"}

    faces: Faces | None = Field(
        None,
        description="The largest face; the only one, which refuses a picture of several people; or "
        "all of them up to `limit`, which answers an empty list where there is none. Without it, "
        "the largest; with store=true, the only one.",
    )
    limit: int | None = Field(
        None, ge=1, le=1024, description="With faces=all: at most so many, the largest first."
    )
    min_score: float = Field(0.0, ge=0, le=1, description="Faces with a lower score are left out.")
    min_size: float = Field(
        0.0, ge=0, le=65_535, description="Faces whose box is narrower, in pixels, are left out."
    )
    max_yaw: float = Field(
        90.0,
        ge=0,
        le=90,
        description="Faces turned further to a side, in degrees, are left out.",
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
    prior: PriorChoice | None = Field(
        None,
        description="How often each emotion is met: as the model's card says (wild), which reads "
        "most faces rightly, or each as often (even), which reads each emotion equally well; "
        "without one, the server's.",
    )


class AnonymizeOneQuery(AnonymizeQuery):
    """How the image is to be read, and whether what is read is to be stored."""

    store: bool = Field(
        False,
        description="Store the embedding and the emotion; needs `subject` in the form, the JSON "
        "body or the header X-Subject. A member `store` of the form or of JSON, and the header "
        "X-Store, say the same.",
    )
