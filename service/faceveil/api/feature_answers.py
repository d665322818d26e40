"""What is asked and answered about stored features."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from faceveil.api.keeping import Moment, Name, SessionLabel
from faceveil.api.reading import EmbeddingFormat, written
from faceveil.store import features
from faceveil.store.pseudonyms import BARE, MARKED, Pseudonyms


class Stored(BaseModel):
    """What was stored."""

    count: int
    ids: list[str] = Field(description="Of the features, in the request's order.")


class FeatureModel(BaseModel):
    """What made an embedding."""

    name: str
    version: str
    level: str


class StoredFeature(BaseModel):
    """One stored feature."""

    id: str
    subject: str = Field(
        description="pseudonym:FINGERPRINT:HASH, a keyed hash of the subject's name; an import "
        "here takes it as it is."
    )
    session: str | None
    captured_at: datetime
    stored_at: datetime
    model: FeatureModel
    emotion: str | None
    embedding: list[float] | str = Field(
        description="D numbers; or, with embedding_format=base64, D little-endian float32."
    )


class FeaturePage(BaseModel):
    """Some of the features, oldest first."""

    features: list[StoredFeature]
    next: str | None = Field(None, description="Cursor of the next page; null on the last one.")


class FeatureQuery(BaseModel):
    """Which features; each member that is given narrows it."""

    model_config = {"extra": "forbid"}

    model: Name | None = Field(None, description="Name of the model.")
    version: Name | None = Field(None, description="Version of the model.")
    level: Name | None = Field(None, description="Privacy level.")
    subject: str | None = Field(
        None,
        pattern=rf"^({MARKED.pattern}|{BARE.pattern})$",
        description="Pseudonym, as POST /v1/subjects/lookup tells it; never a name.",
    )
    session: SessionLabel | None = None
    emotion: Name | None = None
    since: Moment | None = Field(None, description="Captured then or later (RFC 3339).")
    until: Moment | None = Field(None, description="Captured before then (RFC 3339).")

    def selection(self, tenant: str, pseudonyms: Pseudonyms) -> features.Selection:
        """The same for the store.

        Raises:
            UnfitPseudonym: if the subject's is of another key or tenant.
        """
        subject = self.subject
        if subject is not None and not BARE.fullmatch(subject):
            subject = pseudonyms.of(tenant, subject)
        return features.Selection(
            model=self.model,
            version=self.version,
            level=self.level,
            subjects=None if subject is None else (subject,),
            session=self.session,
            emotion=self.emotion,
            since=self.since,
            until=self.until,
        )


class PageQuery(FeatureQuery):
    """Which features, and which part of them."""

    cursor: str = Field(
        "", pattern="^([0-9a-f-]{36})?$", description="`next` of the page before; or empty."
    )
    limit: int = Field(100, ge=1, le=1000, description="Features a page.")
    embedding_format: EmbeddingFormat = Field(
        EmbeddingFormat.float, description="Numbers, or base64 of little-endian float32."
    )


class ExportFormat(StrEnum):
    """Kind of file."""

    csv = "csv"
    parquet = "parquet"


class ExportQuery(FeatureQuery):
    """Which features, and in which kind of file."""

    format: ExportFormat = Field(ExportFormat.csv, description="`faceveil audit` reads both.")


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
