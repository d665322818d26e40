"""`/v1/features`: embeddings made elsewhere come in; those stored are listed, exported, deleted."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from service import featurefile
from service.api.deps import EngineDep, ReaderDep, SettingsDep, StoreDep, WriterDep
from service.api.errors import GUARDED, documented
from service.api.examples import EXAMPLE_FEATURE, EXAMPLE_STORED
from service.api.importing import FeaturesBody, read_features
from service.api.keeping import Moment
from service.api.reading import EmbeddingFormat, written
from service.api.writing import IDEMPOTENCY_PARAMETER, idempotency_key, must_store
from service.problems import (
    BodyTimeout,
    BodyTooLarge,
    InvalidParameters,
    KeyReused,
    LevelTooLoose,
    MalformedRequest,
    NotInstalled,
    NotReady,
    Overloaded,
    StorageOff,
    StoreBusy,
    UnfitFeatures,
    UnknownFeature,
    UnknownModel,
    UnsupportedContentType,
)
from service.store import access_log, audits, features
from service.store.replays import Idempotency, once

router = APIRouter(prefix="/v1/features", tags=["features"])

COLUMNS = ("id", "subject", "session", "captured_at", "stored_at", "model", "level", "emotion")

_ANSWERING = (Overloaded, StoreBusy, NotReady, *GUARDED)


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
    subject: str = Field(description="Pseudonym: a keyed hash of the subject's name.")
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

    model: str | None = Field(None, max_length=64, description="Name of the model.")
    version: str | None = Field(None, max_length=32, description="Version of the model.")
    level: str | None = Field(None, max_length=64, description="Privacy level.")
    subject: str | None = Field(
        None,
        pattern="^[0-9a-f]{32}$",
        description="Pseudonym, as POST /v1/subjects/lookup tells it; never a name.",
    )
    session: str | None = Field(None, max_length=64)
    emotion: str | None = Field(None, max_length=64)
    since: Moment | None = Field(None, description="Captured then or later (RFC 3339).")
    until: Moment | None = Field(None, description="Captured before then (RFC 3339).")

    def selection(self) -> features.Selection:
        """The same for the store."""
        return features.Selection(
            model=self.model,
            version=self.version,
            level=self.level,
            subjects=None if self.subject is None else (self.subject,),
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


_BINARY = {"type": "string", "format": "binary"}
_TEXT = {"type": "string"}


@router.post(
    "",
    operation_id="importFeatures",
    summary="Store embeddings made elsewhere",
    status_code=201,
    responses={
        201: {
            "description": "All of them are stored.",
            "content": {"application/json": {"example": EXAMPLE_STORED}},
        },
        **documented(
            MalformedRequest,
            BodyTimeout,
            BodyTooLarge,
            UnsupportedContentType,
            InvalidParameters,
            UnfitFeatures,
            UnknownModel,
            KeyReused,
            StorageOff,
            LevelTooLoose,
            NotInstalled,
            *_ANSWERING,
        ),
    },
    openapi_extra={
        "parameters": [IDEMPOTENCY_PARAMETER],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": FeaturesBody.model_json_schema(),
                    "example": {
                        "model": "faceveil",
                        "version": "1.0.0",
                        "level": "balanced",
                        "features": [
                            {"subject": "person 17", "emotion": "fear", "embedding": [0.0] * 16}
                        ],
                    },
                },
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "file": _BINARY,
                            "model": _TEXT,
                            "version": _TEXT,
                            "level": _TEXT,
                        },
                        "required": ["file", "model", "version", "level"],
                        "additionalProperties": False,
                    }
                },
            },
        },
    },
)
async def import_features(
    request: Request,
    principal: WriterDep,
    engine: EngineDep,
    settings: SettingsDep,
    store: StoreDep,
) -> Stored:
    """Stores embeddings that an edge device made with the same bundle: all of them, or none.

    As JSON, or as a form with a `file`: .npz, .csv or .parquet with `embedding`, `subject`, and
    optionally `emotion`, `session`, `captured_at` (RFC 3339). The model must be installed here, and
    each embedding as long as its card says, and finite. Subjects' names are hashed at once.
    """
    must_store(settings)
    key = idempotency_key(request.headers)
    given = await read_features(request, settings.limits, engine, principal)

    def work() -> dict[str, Any]:
        new = given.hashed(principal.tenant, store.pseudonyms)
        told = store.pseudonyms.fingerprint(b"features", repr(given.made).encode(), given.digest)
        idempotency = None if key is None else Idempotency(key, told)

        def write(connection: Connection) -> dict[str, Any]:
            ids, _ = features.add(connection, principal.tenant, given.made, new)
            return {"count": len(ids), "ids": ids}

        return once(store.database, principal.tenant, idempotency, write)

    return Stored(**await store.run(work))


@router.get(
    "",
    operation_id="listFeatures",
    summary="List stored features",
    responses={
        200: {
            "description": "A page of them, oldest first.",
            "content": {
                "application/json": {"example": {"features": [EXAMPLE_FEATURE], "next": None}}
            },
        },
        **documented(InvalidParameters, *_ANSWERING),
    },
)
async def list_features(
    principal: ReaderDep, query: Annotated[PageQuery, Query()], store: StoreDep
) -> FeaturePage:
    """Lists features with their embeddings, page by page."""

    def work() -> list[features.Feature]:
        with store.database.read() as connection:
            return features.page(
                connection, principal.tenant, query.selection(), query.cursor, query.limit + 1
            )

    found = await store.run(work)
    shown = found[: query.limit]
    return FeaturePage(
        features=[_shown(feature, query.embedding_format) for feature in shown],
        next=shown[-1].id if len(found) > query.limit else None,
    )


@router.get(
    "/export",
    operation_id="exportFeatures",
    summary="Export stored features",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file, as it is read from the store.",
            "content": {
                "text/csv": {"schema": _TEXT, "example": f"{','.join(COLUMNS)},e0,e1\r\n"},
                featurefile.PARQUET_TYPE: {"schema": _BINARY},
            },
        },
        **documented(InvalidParameters, NotInstalled, *_ANSWERING),
    },
)
async def export_features(
    principal: ReaderDep, query: Annotated[ExportQuery, Query()], store: StoreDep
) -> StreamingResponse:
    """Streams features as a file that `faceveil audit` reads; the access log tells of it."""
    selection = query.selection()
    parts = (_part(page) for page in features.pages(store.database, principal.tenant, selection))
    if query.format is ExportFormat.parquet:
        try:
            pieces, kind = featurefile.write_parquet(parts, COLUMNS), featurefile.PARQUET_TYPE
        except featurefile.NotInstalledError as problem:
            raise NotInstalled(f"This server cannot write Parquet: {problem}") from None
    else:
        pieces, kind = featurefile.write_csv(parts, COLUMNS), featurefile.CSV_TYPE

    def tell() -> None:
        with store.database.write() as connection:
            number = features.count(connection, principal.tenant, selection)
            detail = {"features": number, "model": query.model, "format": query.format}
            access_log.append(connection, principal.tenant, principal.actor, "exported", detail)

    await store.run(tell)
    name = f'attachment; filename="features.{query.format}"'
    return StreamingResponse(pieces, media_type=kind, headers={"Content-Disposition": name})


@router.get(
    "/{id:uuid}",
    operation_id="getFeature",
    summary="Show one feature",
    responses={
        200: {
            "description": "The feature.",
            "content": {"application/json": {"example": EXAMPLE_FEATURE}},
        },
        **documented(UnknownFeature, InvalidParameters, *_ANSWERING),
    },
)
async def get_feature(id: UUID, principal: ReaderDep, store: StoreDep) -> StoredFeature:  # noqa: A002
    """Shows a stored feature with its embedding."""

    def work() -> features.Feature | None:
        with store.database.read() as connection:
            return features.find(connection, principal.tenant, str(id))

    found = await store.run(work)
    if found is None:
        raise UnknownFeature(UnknownFeature.example)
    return _shown(found, EmbeddingFormat.float)


@router.delete(
    "/{id:uuid}",
    operation_id="deleteFeature",
    summary="Delete one feature",
    status_code=204,
    responses={
        204: {"description": "It is gone from the store's files too."},
        **documented(UnknownFeature, InvalidParameters, *_ANSWERING),
    },
)
async def delete_feature(id: UUID, principal: WriterDep, store: StoreDep) -> Response:  # noqa: A002
    """Deletes a feature; an audit that is at work on it is stopped."""

    def work() -> bool:
        with store.database.write() as connection:
            gone = features.remove_one(connection, principal.tenant, str(id))
            if gone is None:
                return False
            audits.stop_those_with(connection, principal.tenant, gone.subject)
            detail = {"feature": str(id)}
            access_log.append(connection, principal.tenant, principal.actor, "deleted", detail)
        store.database.scrub()
        return True

    if not await store.run(work):
        raise UnknownFeature(UnknownFeature.example)
    return Response(status_code=204)


def _shown(feature: features.Feature, wanted: EmbeddingFormat) -> StoredFeature:
    made = feature.made
    return StoredFeature(
        id=feature.id,
        subject=feature.subject,
        session=feature.session,
        captured_at=feature.captured,
        stored_at=feature.stored,
        model=FeatureModel(name=made.model, version=made.version, level=made.level),
        emotion=feature.emotion,
        embedding=written(feature.embedding, wanted),
    )


def _part(page: list[features.Feature]) -> featurefile.Part:
    columns: dict[str, list[str | None]] = {
        "id": [one.id for one in page],
        "subject": [one.subject for one in page],
        "session": [one.session for one in page],
        "captured_at": [one.captured.isoformat() for one in page],
        "stored_at": [one.stored.isoformat() for one in page],
        "model": [f"{one.made.model} {one.made.version}" for one in page],
        "level": [one.made.level for one in page],
        "emotion": [one.emotion for one in page],
    }
    return columns, np.stack([one.embedding for one in page])
