"""`/v1/features`: embeddings made elsewhere come in; those stored are listed, exported, deleted."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import numpy as np
from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from faceveil import featurefile
from faceveil.api.callers import Caller, ReaderDep, WriterDep
from faceveil.api.embeddings import EmbeddingFormat
from faceveil.api.features.answers import (
    EXAMPLE_FEATURE,
    EXAMPLE_STORED,
    FeaturePage,
    Stored,
    StoredFeature,
    shown_feature,
)
from faceveil.api.features.bodies import FEATURES, Given, read_features
from faceveil.api.features.queries import ExportFormat, ExportQuery, PageQuery
from faceveil.api.idempotency import IDEMPOTENCY_PARAMETER, idempotency_key, idempotency_under
from faceveil.http.openapi import BINARY, BODY, STORED, TEXT, answered, refused
from faceveil.http.room import announced_length
from faceveil.problems import (
    InvalidParameters,
    KeyReused,
    LevelTooLoose,
    NotInstalled,
    StorageOff,
    UnfitFeatures,
    UnfitPseudonym,
    UnknownFeature,
    UnknownModel,
)
from faceveil.store import access_log, audits, features, tables
from faceveil.store.locks import hold_tenant
from faceveil.store.replays import once
from faceveil.store.scrubbing import owe

router = APIRouter(prefix="/v1/features", tags=["features"])

COLUMNS = ("id", "subject", "session", "captured_at", "stored_at", "model", "level", "emotion")

_FILES = {
    ExportFormat.csv: (featurefile.write_csv, featurefile.CSV_TYPE),
    ExportFormat.parquet: (featurefile.write_parquet, featurefile.PARQUET_TYPE),
}

FeatureId = Annotated[UUID, Path(description="Id of the feature.")]


@router.post(
    "",
    operation_id="importFeatures",
    summary="Store embeddings made elsewhere",
    status_code=201,
    responses=answered(
        "All of them are stored.",
        EXAMPLE_STORED,
        *BODY,
        UnfitFeatures,
        UnfitPseudonym,
        UnknownModel,
        KeyReused,
        StorageOff,
        LevelTooLoose,
        NotInstalled,
        *STORED,
        status=201,
    ),
    openapi_extra=FEATURES.documented(IDEMPOTENCY_PARAMETER),
)
async def import_features(caller: WriterDep) -> Stored:
    """Stores embeddings that an edge device made with the same bundle: all of them, or none.

    As JSON, or as a form with a `file`: .npz, .csv or .parquet with `embedding`, `subject`, and
    optionally `emotion`, `session`, `captured_at` (RFC 3339). The model must be installed here, and
    each embedding as long as its card says, and finite. Subjects' names are hashed at once; the
    pseudonyms of an export of this store and tenant are taken as they are.
    """
    caller.must_store()
    key = idempotency_key(caller.request)
    with caller.store.importing(announced_length(caller.request)):
        read = await read_features(caller)
        return Stored(**await caller.store.read(lambda: _import(read(), key, caller)))


def _import(given: Given, key: str | None, caller: Caller) -> dict[str, Any]:
    store, made = caller.store, given.made
    new = given.identified(caller.tenant, store)
    idempotency = idempotency_under(key, store, b"features", repr(made).encode(), given.digest)

    def write(connection: Connection) -> dict[str, Any]:
        ids, _ = features.add(connection, caller.tenant, made, new)
        return {"count": len(ids), "ids": ids}

    return once(store.database, caller.tenant, idempotency, write)


@router.get(
    "",
    operation_id="listFeatures",
    summary="List stored features",
    responses=answered(
        "A page of them, oldest first.",
        {"features": [EXAMPLE_FEATURE], "next": None},
        InvalidParameters,
        UnfitPseudonym,
        *STORED,
    ),
)
async def list_features(caller: ReaderDep, query: Annotated[PageQuery, Query()]) -> FeaturePage:
    """Lists features with their embeddings, page by page."""
    store, tenant = caller.store, caller.tenant
    selection = query.selection(tenant, store.pseudonyms)
    found = await store.query(features.page, tenant, selection, query.cursor, query.limit + 1)
    shown = found[: query.limit]
    return FeaturePage(
        features=[
            shown_feature(feature, store.pseudonyms, tenant, query.embedding_format)
            for feature in shown
        ],
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
                "text/csv": {"schema": TEXT, "example": f"{','.join(COLUMNS)},e0,e1\r\n"},
                featurefile.PARQUET_TYPE: {"schema": BINARY},
            },
        },
        **refused(InvalidParameters, UnfitFeatures, UnfitPseudonym, NotInstalled, *STORED),
    },
)
async def export_features(
    caller: ReaderDep, query: Annotated[ExportQuery, Query()]
) -> StreamingResponse:
    """Streams features as a file that `faceveil audit` and an import read.

    Subjects are marked pseudonyms. The access log records it; HEAD reads nothing.
    """
    store, bodiless = caller.store, caller.request.state.bodiless
    selection = query.selection(caller.tenant, store.pseudonyms)
    mark = partial(store.pseudonyms.marked, caller.tenant)
    pages = () if bodiless else features.pages(store.database, caller.tenant, selection)
    write, kind = _FILES[query.format]
    try:
        pieces = write((_part(page, mark) for page in pages), COLUMNS)
    except featurefile.NotInstalledError as problem:
        raise NotInstalled(f"This server cannot write Parquet: {problem}") from None
    if not bodiless:
        await store.run(partial(_log_export, caller, query, selection))
    name = f'attachment; filename="features.{query.format}"'
    return StreamingResponse(pieces, media_type=kind, headers={"Content-Disposition": name})


@router.get(
    "/{id:uuid}",
    operation_id="getFeature",
    summary="Show one feature",
    responses=answered("The feature.", EXAMPLE_FEATURE, UnknownFeature, InvalidParameters, *STORED),
)
async def get_feature(id: FeatureId, caller: ReaderDep) -> StoredFeature:  # noqa: A002
    """Shows a stored feature with its embedding."""
    store, tenant = caller.store, caller.tenant
    found = await store.query(features.find, tenant, str(id))
    if found is None:
        raise UnknownFeature(UnknownFeature.example)
    return shown_feature(found, store.pseudonyms, tenant, EmbeddingFormat.float)


@router.delete(
    "/{id:uuid}",
    operation_id="deleteFeature",
    summary="Delete one feature",
    status_code=204,
    responses={
        204: {"description": "It is gone from the store's files too."},
        **refused(UnknownFeature, InvalidParameters, KeyReused, *STORED),
    },
    openapi_extra={"parameters": [IDEMPOTENCY_PARAMETER]},
)
async def delete_feature(id: FeatureId, caller: WriterDep) -> Response:  # noqa: A002
    """Deletes a feature; audits that are auditing its person are stopped."""
    store, tenant = caller.store, caller.tenant
    key = idempotency_key(caller.request)

    def write(connection: Connection) -> dict[str, Any]:
        hold_tenant(connection, tenant)
        gone = features.remove_one(connection, tenant, str(id))
        if gone is None:
            raise UnknownFeature(UnknownFeature.example)
        audits.stop_those_with(connection, tenant, gone.subject)
        owe(connection, tables.features, tables.audit_inputs)
        detail = {"feature": str(id)}
        access_log.append(connection, tenant, caller.principal.actor, "deleted", detail)
        return detail

    idempotency = idempotency_under(key, store, b"delete", id.bytes)
    await store.run(partial(once, store.database, tenant, idempotency, write))
    await store.scrubber.gone()
    return Response(status_code=204)


def _log_export(caller: Caller, query: ExportQuery, selection: features.Selection) -> None:
    """Writes into the access log what is about to be exported.

    Raises:
        UnfitFeatures: if it does not fit in one file.
    """
    with caller.store.database.write() as connection:
        if len(features.lengths(connection, caller.tenant, selection)) > 1:
            raise UnfitFeatures(
                "Embeddings of different lengths do not fit in one file. Select one model and "
                "version."
            )
        number = features.count(connection, caller.tenant, selection)
        detail = {"features": number, "model": query.model, "format": query.format}
        access_log.append(connection, caller.tenant, caller.principal.actor, "exported", detail)


def _part(page: list[features.Feature], mark: Callable[[str], str]) -> featurefile.Part:
    columns: dict[str, list[str | None]] = {
        "id": [one.id for one in page],
        "subject": [mark(one.subject) for one in page],
        "session": [one.session for one in page],
        "captured_at": [one.captured.isoformat() for one in page],
        "stored_at": [one.stored.isoformat() for one in page],
        "model": [f"{one.made.model} {one.made.version}" for one in page],
        "level": [one.made.level for one in page],
        "emotion": [one.emotion for one in page],
    }
    return columns, np.stack([one.embedding for one in page])
