"""What is answered about stored features."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from faceveil.api.embeddings import EmbeddingFormat, written
from faceveil.store import features
from faceveil.store.pseudonyms import Pseudonyms


class Stored(BaseModel):
    """What was stored."""

    count: int
    ids: list[str] = Field(description="Of the features, in the request's order.")


class FeatureModel(BaseModel):
    """What made an embedding."""

    name: str = Field(description="Name of the model.")
    version: str = Field(description="Version of the model.")
    level: str = Field(description="Privacy level.")


class StoredFeature(BaseModel):
    """One stored feature."""

    id: str = Field(description="Id of the feature.")
    subject: str = Field(
        description="pseudonym:FINGERPRINT:HASH, a keyed hash of the subject's name; an import "
        "here takes it as it is."
    )
    session: str | None = Field(description="What was taken in one go; null where not known.")
    captured_at: datetime = Field(description="When the picture was taken.")
    stored_at: datetime = Field(description="When it was stored.")
    model: FeatureModel
    emotion: str | None = Field(description="As read or imported; null where not known.")
    embedding: list[float] | str = Field(
        description="D numbers; or, with embedding_format=base64, D little-endian float32."
    )


class FeaturePage(BaseModel):
    """Some of the features, oldest first."""

    features: list[StoredFeature]
    next: str | None = Field(None, description="Cursor of the next page; null on the last one.")


def shown_feature(
    feature: features.Feature, pseudonyms: Pseudonyms, tenant: str, wanted: EmbeddingFormat
) -> StoredFeature:
    """A feature as it is answered."""
    made = feature.made
    return StoredFeature(
        id=feature.id,
        subject=pseudonyms.marked(tenant, feature.subject),
        session=feature.session,
        captured_at=feature.captured,
        stored_at=feature.stored,
        model=FeatureModel(name=made.model, version=made.version, level=made.level),
        emotion=feature.emotion,
        embedding=written(feature.embedding, wanted),
    )


_ID = "01a20ca4-2f18-7000-8000-b24d08d66b20"
_PSEUDONYM = "pseudonym:0c9f3b12:5f1d7a84c3b2e690a1b2c3d4e5f60718"

EXAMPLE_STORED: dict[str, Any] = {"count": 1, "ids": [_ID]}

EXAMPLE_FEATURE: dict[str, Any] = {
    "id": _ID,
    "subject": _PSEUDONYM,
    "session": "visit-1",
    "captured_at": "2026-01-31T09:30:00Z",
    "stored_at": "2026-01-31T09:30:01Z",
    "model": {"name": "faceveil", "version": "1.0.0", "level": "balanced"},
    "emotion": "happiness",
    "embedding": [0.318, -1.204, 0.77],
}
