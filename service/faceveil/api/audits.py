"""`/v1/audits`: how well could somebody still tell whose the embeddings are?"""

import contextlib
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from faceveil.access.door import Principal
from faceveil.api.audit_answers import (
    Audit,
    AuditPage,
    AuditState,
    LatestAudit,
    Source,
    latest,
    shown_audit,
)
from faceveil.api.audit_requests import (
    Asked,
    StoreAuditBody,
    must_be_installed,
    read_audit,
)
from faceveil.api.compression import CompressedRoute
from faceveil.api.contents import request_body
from faceveil.api.deps import AuditorDep, JobsDep, SettingsDep, StoreDep
from faceveil.api.errors import GUARDED, documented
from faceveil.api.examples import EXAMPLE_AUDIT, EXAMPLE_LATEST
from faceveil.api.forms import AuditForm
from faceveil.api.keeping import Name
from faceveil.api.writing import (
    IDEMPOTENCY_PARAMETER,
    announced_length,
    idempotency_key,
    idempotency_under,
)
from faceveil.audit.features import FeaturesError
from faceveil.audit.result import ERASED_HERE, AuditResult
from faceveil.jobs.client import Jobs
from faceveil.jobs.schedules import FEWEST
from faceveil.jobs.snapshots import Snapshot
from faceveil.problems import (
    BodyTimeout,
    BodyTooLarge,
    InvalidParameters,
    KeyReused,
    MalformedRequest,
    NotFinished,
    NotInstalled,
    NotReady,
    Overloaded,
    StoreBusy,
    UnfitFeatures,
    UnfitPseudonym,
    UnknownAudit,
    UnsupportedContentType,
)
from faceveil.settings import Settings
from faceveil.store import access_log, audits, tables
from faceveil.store.locks import hold_tenant
from faceveil.store.replays import Idempotency, earlier, once
from faceveil.store.scrubbing import owe
from faceveil.store.store import Store

router = APIRouter(prefix="/v1/audits", tags=["audits"], route_class=CompressedRoute)


_AFTER_S = 60
"""Seconds after which to ask again for an audit that found no place."""

_TRIES = 3
"""Times that a selection is read, while people in it are being erased."""

_ANSWERING = (Overloaded, StoreBusy, NotReady, *GUARDED)
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The report has its styles and drawings in it, and loads nothing."""


_TEXT = {"type": "string"}


@router.post(
    "",
    operation_id="createAudit",
    summary="Ask for an audit",
    status_code=202,
    responses={
        202: {
            "description": "It is queued; `Location` is where to ask how far it is.",
            "headers": {"Location": {"description": "The audit.", "schema": _TEXT}},
            "content": {"application/json": {"example": EXAMPLE_AUDIT}},
        },
        **documented(
            MalformedRequest,
            BodyTimeout,
            BodyTooLarge,
            UnsupportedContentType,
            InvalidParameters,
            UnfitFeatures,
            UnfitPseudonym,
            KeyReused,
            NotInstalled,
            *_ANSWERING,
        ),
    },
    openapi_extra={
        "parameters": [IDEMPOTENCY_PARAMETER],
        "requestBody": request_body(
            {"application/json": StoreAuditBody, "multipart/form-data": AuditForm},
            {"application/json": {"model": "faceveil", "limit": "rank1<=2x"}},
        ),
    },
)
async def create_audit(
    request: Request,
    response: Response,
    principal: AuditorDep,
    settings: SettingsDep,
    store: StoreDep,
    jobs: JobsDep,
) -> AuditState:
    """Asks for an audit of stored features (JSON), or of a file (form), made by a worker.

    A file is .npz, .csv or .parquet with `embedding`, `subject`, and optionally `emotion`,
    `session` and `model`; `gallery` holds the same embeddings without noise, and `reference` an
    undefended embedding. Subjects' names are hashed at once; what is audited is kept until the
    audit ends.
    """
    must_be_installed()
    key = idempotency_key(request.headers)
    with store.importing(announced_length(request.headers)):
        asked = await read_audit(request, settings.limits, store, principal)
        audit = await _asked(asked, key, principal, settings, store, jobs)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{router.prefix}/{audit.id}"
    return audit


async def _asked(
    asked: Asked,
    key: str | None,
    principal: Principal,
    settings: Settings,
    store: Store,
    jobs: Jobs,
) -> AuditState:
    def work() -> audits.Audit:
        idempotency = idempotency_under(key, store, b"audit", asked.digest())
        known = _earlier(store, principal.tenant, idempotency)
        most = settings.audit.waiting
        if known is None:  # before the work; once more where it is written down
            with store.database.read() as connection:
                _must_have_room(connection, principal.tenant, most)
        for _ in range(_TRIES):
            if known is not None:
                break
            snapshot = asked.snapshot()
            if len(snapshot.subjects) < FEWEST:
                raise FeaturesError(f"An audit needs at least {FEWEST} people.")
            write = partial(_create, principal, asked, snapshot, most)
            with contextlib.suppress(_ErasedMeanwhileError):
                known = once(store.database, principal.tenant, idempotency, write)
        if known is None:
            raise StoreBusy("People in the selection are being erased. Try again in a moment.")
        audit = _find(store, principal.tenant, known["id"])
        if audit.state in audits.UNENDED:
            jobs.audit(audit.id)
        return audit

    try:
        audit = await store.read(work)
    except FeaturesError as problem:
        raise UnfitFeatures(str(problem)) from None
    return AuditState(**shown_audit(audit))


@router.get(
    "",
    operation_id="listAudits",
    summary="List the audits",
    responses={
        200: {
            "description": "A page of them, newest first, without their results.",
            "content": {"application/json": {"example": {"audits": [EXAMPLE_AUDIT], "next": None}}},
        },
        **documented(InvalidParameters, *_ANSWERING),
    },
)
async def list_audits(
    principal: AuditorDep,
    store: StoreDep,
    cursor: Annotated[
        str | None, Query(pattern="^[0-9a-f-]{36}$", description="`next` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Audits a page.")] = 20,
) -> AuditPage:
    """Lists audits and where each is."""

    def work() -> list[audits.Audit]:
        with store.database.read() as connection:
            return audits.page(connection, principal.tenant, cursor, limit + 1)

    found = await store.run(work)
    shown = found[:limit]
    return AuditPage(
        audits=[AuditState(**shown_audit(audit)) for audit in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get(
    "/latest",
    operation_id="getLatestAudit",
    summary="The current figures of a model",
    responses={
        200: {
            "description": "Those of its newest finished audit.",
            "content": {"application/json": {"example": EXAMPLE_LATEST}},
        },
        **documented(UnknownAudit, InvalidParameters, *_ANSWERING),
    },
)
async def get_latest_audit(
    principal: AuditorDep,
    store: StoreDep,
    model: Annotated[Name, Query(description="Name of the model, or name and version.")],
    source: Annotated[
        Source | None, Query(description="Only audits of what is stored, or of uploads.")
    ] = None,
) -> LatestAudit:
    """Tells the paper's re-identification accuracy, the worst attacker's, and the verdict."""

    def work() -> LatestAudit | None:
        with store.database.read() as connection:
            return latest(connection, principal.tenant, model, source)

    found = await store.run(work)
    if found is None:
        raise UnknownAudit("No audit of this model has finished. POST /v1/audits asks for one.")
    return found


@router.get(
    "/{id:uuid}",
    operation_id="getAudit",
    summary="Show one audit",
    responses={
        200: {
            "description": "How far it is, or its result.",
            "content": {"application/json": {"example": EXAMPLE_AUDIT | {"result": None}}},
        },
        **documented(UnknownAudit, InvalidParameters, *_ANSWERING),
    },
)
async def get_audit(id: UUID, principal: AuditorDep, store: StoreDep) -> Audit:  # noqa: A002
    """Shows an audit: its progress while it is made, then its result."""

    def work() -> Audit:
        audit = _find(store, principal.tenant, str(id))
        with store.database.read() as connection:
            text = audits.result(connection, str(id))
        result = None if text is None else AuditResult.model_validate_json(text)
        return Audit(**shown_audit(audit), result=result)

    return await store.run(work)


@router.get(
    "/{id:uuid}/report",
    operation_id="getAuditReport",
    summary="An audit's report",
    response_class=HTMLResponse,
    responses={
        200: {
            "description": "One HTML page that loads nothing from anywhere.",
            "content": {"text/html": {"schema": _TEXT, "example": "<!doctype html>..."}},
        },
        **documented(UnknownAudit, NotFinished, InvalidParameters, *_ANSWERING),
    },
)
async def get_audit_report(id: UUID, principal: AuditorDep, store: StoreDep) -> HTMLResponse:  # noqa: A002
    """Shows the report of a finished audit, for reading and signing."""

    def work() -> str:
        audit = _find(store, principal.tenant, str(id))
        with store.database.read() as connection:
            report = audits.report(connection, str(id))
        if report is None:
            raise NotFinished(
                f"The audit is {audit.state}. GET it without /report to see how far it is."
            )
        return report.replace(ERASED_HERE, _note(audit.erased) if audit.erased else "")

    return HTMLResponse(await store.run(work), headers={"Content-Security-Policy": _REPORT_POLICY})


@router.delete(
    "/{id:uuid}",
    operation_id="deleteAudit",
    summary="Cancel or remove an audit",
    status_code=204,
    responses={
        204: {"description": "It stops at its next step; or, where it had ended, it is gone."},
        **documented(UnknownAudit, InvalidParameters, KeyReused, *_ANSWERING),
    },
    openapi_extra={"parameters": [IDEMPOTENCY_PARAMETER]},
)
async def delete_audit(
    request: Request,
    id: UUID,  # noqa: A002
    principal: AuditorDep,
    store: StoreDep,
    jobs: JobsDep,
) -> Response:
    """Cancels an audit that is queued or running; removes one that has ended."""
    key = idempotency_key(request.headers)

    def write(connection: Connection) -> dict[str, Any]:
        audit = audits.find(connection, principal.tenant, str(id))
        if audit is None:
            raise UnknownAudit(UnknownAudit.example)
        cancelled = audits.cancel(connection, audit.id)
        if not cancelled:
            audits.remove(connection, audit.id)
        owe(connection, tables.audits, tables.audit_inputs, tables.audit_subjects)
        action = "cancelled audit" if cancelled else "removed audit"
        detail = {"audit": audit.id}
        access_log.append(connection, principal.tenant, principal.actor, action, detail)
        return {"cancelled": cancelled}

    def work() -> None:
        idempotency = idempotency_under(key, store, b"delete audit", id.bytes)
        if once(store.database, principal.tenant, idempotency, write)["cancelled"]:
            jobs.cancel(str(id))
        else:
            jobs.forget(str(id))

    await store.run(work)
    await store.scrubber.gone()
    return Response(status_code=204)


def _note(erased: int) -> str:
    people = "Somebody" if erased == 1 else f"{erased} people"
    return (
        f"<p><b>{people} in it {'was' if erased == 1 else 'were'} erased since. The figures were "
        "found with their data; for figures without it, audit again.</b></p>"
    )


class _ErasedMeanwhileError(Exception):
    """Somebody in a snapshot was erased after it was taken."""


def _create(
    principal: Principal, asked: Asked, snapshot: Snapshot, most: int, connection: Connection
) -> dict[str, Any]:
    hold_tenant(connection, principal.tenant)
    _must_have_room(connection, principal.tenant, most)
    options = asked.options.model_dump()
    id_ = snapshot.ask(connection, principal.tenant, principal.actor, asked.source, options)
    if id_ is None:
        raise _ErasedMeanwhileError
    return {"id": id_}


def _must_have_room(connection: Connection, tenant: str, most: int) -> None:
    if audits.waiting(connection, tenant) >= most:
        raise Overloaded(
            f"{most} of your audits have not ended, which is as many as may wait "
            f"(FACEVEIL_AUDIT__WAITING). Try again in {_AFTER_S} s, or delete one.",
            _AFTER_S,
        )


def _earlier(store: Store, tenant: str, idempotency: Idempotency | None) -> dict[str, Any] | None:
    if idempotency is None:
        return None
    with store.database.read() as connection:
        return earlier(connection, tenant, idempotency)


def _find(store: Store, tenant: str, id_: str) -> audits.Audit:
    with store.database.read() as connection:
        audit = audits.find(connection, tenant, id_)
    if audit is None:
        raise UnknownAudit(UnknownAudit.example)
    return audit
