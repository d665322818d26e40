"""Which stored features are listed or exported."""

from enum import StrEnum

from pydantic import BaseModel, Field

from faceveil.api.embeddings import EmbeddingFormat
from faceveil.api.fields import Moment, Name, SessionLabel
from faceveil.store import features
from faceveil.store.pseudonyms import BARE, MARKED, Pseudonyms


class FeatureQuery(BaseModel):
    """Which features; each member that is given narrows it."""

    model_config = {"extra": "forbid"}

    model: Name | None = Field(None, description="Name of the model.")
    version: Name | None = Field(None, description="Version of the model.")
    level: Name | None = Field(None, description="Privacy level.")
    subject: str | None = Field(
        None,
        pattern=rf"^({MARKED.pattern}|{BARE.pattern})$",
        description="Pseudonym, as POST /v1/subjects/lookup answers it; never a name.",
    )
    session: SessionLabel | None = Field(None, description="Session label that it was stored with.")
    emotion: Name | None = Field(None, description="Emotion that was read or imported.")
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
