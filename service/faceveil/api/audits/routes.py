"""`/v1/audits`: how well could somebody still tell whose the embeddings are?"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from faceveil.api.audits.answers import (
    EXAMPLE_AUDIT,
    EXAMPLE_LATEST,
    Audit,
    AuditPage,
    AuditState,
    LatestAudit,
    Source,
    latest,
    shown_audit,
)
from faceveil.api.audits.bodies import AUDIT, read_audit
from faceveil.api.audits.creating import create, find, must_be_installed
from faceveil.api.callers import AuditorDep
from faceveil.api.fields import Name
from faceveil.api.idempotency import IDEMPOTENCY_PARAMETER, idempotency_key, idempotency_under
from faceveil.audit.result import ERASED_HERE, AuditResult
from faceveil.http.compression import CompressedRoute
from faceveil.http.openapi import BODY, STORED, TEXT, answered, refused
from faceveil.http.room import announced_length
from faceveil.problems import (
    InvalidParameters,
    KeyReused,
    NotFinished,
    NotInstalled,
    UnfitFeatures,
    UnfitPseudonym,
    UnknownAudit,
)
from faceveil.store import access_log, audits, tables
from faceveil.store.replays import once
from faceveil.store.scrubbing import owe

router = APIRouter(prefix="/v1/audits", tags=["audits"], route_class=CompressedRoute)

AuditId = Annotated[UUID, Path(description="Id of the audit.")]

_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The report has its styles and drawings in it, and loads nothing."""


@router.post(
    "",
    operation_id="createAudit",
    summary="Ask for an audit",
    status_code=202,
    responses={
        202: {
            "description": "It is queued; GET `Location` to see how far it is.",
            "headers": {"Location": {"description": "The audit.", "schema": TEXT}},
            "content": {"application/json": {"example": EXAMPLE_AUDIT}},
        },
        **refused(*BODY, UnfitFeatures, UnfitPseudonym, KeyReused, NotInstalled, *STORED),
    },
    openapi_extra=AUDIT.documented(IDEMPOTENCY_PARAMETER),
)
async def create_audit(response: Response, caller: AuditorDep) -> AuditState:
    """Asks for an audit of stored features (JSON), or of a file (form), made by a worker.

    A file is .npz, .csv or .parquet with `embedding`, `subject`, and optionally `emotion`,
    `session` and `model`; `gallery` holds the same embeddings without noise, and `reference` an
    undefended embedding. Subjects' names are hashed at once; what is audited is stored until the
    audit ends.
    """
    must_be_installed()
    request = caller.request
    key = idempotency_key(request)
    with caller.store.importing(announced_length(request)):
        audit = await create(await read_audit(caller), key, caller)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{router.prefix}/{audit.id}"
    return AuditState(**shown_audit(audit))


@router.get(
    "",
    operation_id="listAudits",
    summary="List the audits",
    responses=answered(
        "A page of them, newest first, without their results.",
        {"audits": [EXAMPLE_AUDIT], "next": None},
        InvalidParameters,
        *STORED,
    ),
)
async def list_audits(
    caller: AuditorDep,
    cursor: Annotated[
        str | None, Query(pattern="^[0-9a-f-]{36}$", description="`next` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Audits a page.")] = 20,
) -> AuditPage:
    """Lists audits and where each is."""
    found = await caller.store.query(audits.page, caller.tenant, cursor, limit + 1)
    shown = found[:limit]
    return AuditPage(
        audits=[AuditState(**shown_audit(audit)) for audit in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get(
    "/latest",
    operation_id="getLatestAudit",
    summary="The current figures of a model",
    responses=answered(
        "Those of its newest finished audit.",
        EXAMPLE_LATEST,
        UnknownAudit,
        InvalidParameters,
        *STORED,
    ),
)
async def get_latest_audit(
    caller: AuditorDep,
    model: Annotated[Name, Query(description="Name of the model, or name and version.")],
    source: Annotated[
        Source | None, Query(description="Only audits of what is stored, or of uploads.")
    ] = None,
) -> LatestAudit:
    """Answers the rates of the paper's attacker and of the worst one, and the verdict."""
    found = await caller.store.query(latest, caller.tenant, model, source)
    if found is None:
        raise UnknownAudit("No audit of this model has finished. POST /v1/audits asks for one.")
    return found


@router.get(
    "/{id:uuid}",
    operation_id="getAudit",
    summary="Show one audit",
    responses=answered(
        "How far it is, or its result.",
        EXAMPLE_AUDIT | {"result": None},
        UnknownAudit,
        InvalidParameters,
        *STORED,
    ),
)
async def get_audit(id: AuditId, caller: AuditorDep) -> Audit:  # noqa: A002
    """Shows an audit: its progress while it is made, then its result."""
    return await caller.store.query(_whole, caller.tenant, str(id))


@router.get(
    "/{id:uuid}/report",
    operation_id="getAuditReport",
    summary="An audit's report",
    response_class=HTMLResponse,
    responses={
        200: {
            "description": "One HTML page that loads nothing from anywhere.",
            "content": {"text/html": {"schema": TEXT, "example": "<!doctype html>..."}},
        },
        **refused(UnknownAudit, NotFinished, InvalidParameters, *STORED),
    },
)
async def get_audit_report(id: AuditId, caller: AuditorDep) -> HTMLResponse:  # noqa: A002
    """Shows the report of a finished audit, for reading and signing."""
    report = await caller.store.query(_report, caller.tenant, str(id))
    return HTMLResponse(report, headers={"Content-Security-Policy": _REPORT_POLICY})


@router.delete(
    "/{id:uuid}",
    operation_id="deleteAudit",
    summary="Cancel or remove an audit",
    status_code=204,
    responses={
        204: {"description": "It stops at its next step; or, where it had ended, it is gone."},
        **refused(UnknownAudit, InvalidParameters, KeyReused, *STORED),
    },
    openapi_extra={"parameters": [IDEMPOTENCY_PARAMETER]},
)
async def delete_audit(id: AuditId, caller: AuditorDep) -> Response:  # noqa: A002
    """Cancels an audit that is queued or running; removes one that has ended."""
    store, jobs, tenant = caller.store, caller.jobs, caller.tenant
    key = idempotency_key(caller.request)

    def write(connection: Connection) -> dict[str, Any]:
        audit = find(connection, tenant, str(id))
        cancelled = audits.cancel(connection, audit.id)
        if not cancelled:
            audits.remove(connection, audit.id)
        owe(connection, tables.audits, tables.audit_inputs, tables.audit_subjects)
        action = "cancelled audit" if cancelled else "removed audit"
        detail = {"audit": audit.id}
        access_log.append(connection, tenant, caller.principal.actor, action, detail)
        return {"cancelled": cancelled}

    def work() -> None:
        idempotency = idempotency_under(key, store, b"delete audit", id.bytes)
        if once(store.database, tenant, idempotency, write)["cancelled"]:
            jobs.cancel(str(id))
        else:
            jobs.forget(str(id))

    await store.run(work)
    await store.scrubber.gone()
    return Response(status_code=204)


def _whole(connection: Connection, tenant: str, id_: str) -> Audit:
    audit = find(connection, tenant, id_)
    text = audits.result(connection, id_)
    result = None if text is None else AuditResult.model_validate_json(text)
    return Audit(**shown_audit(audit), result=result)


def _report(connection: Connection, tenant: str, id_: str) -> str:
    audit = find(connection, tenant, id_)
    report = audits.report(connection, id_)
    if report is None:
        raise NotFinished(
            f"The audit is {audit.state}. GET it without /report to see how far it is."
        )
    return report.replace(ERASED_HERE, _note(audit.erased) if audit.erased else "")


def _note(erased: int) -> str:
    people = "Somebody" if erased == 1 else f"{erased} people"
    return (
        f"<p><b>{people} in it {'was' if erased == 1 else 'were'} erased since. The figures were "
        "found with their data; for figures without it, audit again.</b></p>"
    )
