"""What is answered about audits."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from faceveil.api.audits.bodies import AuditOptions
from faceveil.audit.result import AttackerRate, AuditResult, Verdict
from faceveil.store import audits

Source = Literal["store", "upload"]


class Progress(BaseModel):
    """How far an audit is."""

    done: int = Field(description="Steps that are finished.")
    steps: int | None = Field(description="All of them; null before they are known.")
    step: str | None = Field(description="What is being done.")


class AuditState(BaseModel):
    """An audit without its result."""

    id: str = Field(description="Id of the audit.")
    state: audits.State
    model: str | None = Field(description="Name and version of the model audited, where known.")
    source: Source = Field(description="What was audited: what is stored, or an upload.")
    created_at: datetime
    ended_at: datetime | None = None
    progress: Progress
    failure: str | None = Field(None, description="Why it failed.")
    erased_subjects: int = Field(
        description="People in it who were erased since; their figures are still among the others'."
    )
    options: AuditOptions


class Audit(AuditState):
    """An audit, and its result once there is one."""

    result: AuditResult | None = None


class AuditPage(BaseModel):
    """Some of the audits, newest first."""

    audits: list[AuditState]
    next: str | None = Field(None, description="Cursor of the next page; null on the last one.")


class LatestAudit(BaseModel):
    """The current figures of a model: what a dashboard shows."""

    audit: str = Field(description="Id of the audit that found them.")
    model: str = Field(description="Name of the model, or name and version.")
    source: Source
    ended_at: datetime
    expires_at: datetime = Field(description="Until when the audit stands.")
    verdict: Verdict
    chance: float = Field(description="What guessing scores.")
    hybrid2face: AttackerRate = Field(description="The paper's attacker, with a 95 % interval.")
    worst: AttackerRate = Field(description="The worst attacker of a single embedding.")
    erased_subjects: int


def shown_audit(audit: audits.Audit) -> dict[str, Any]:
    """The members of an audit's state as it is answered."""
    return {
        "id": audit.id,
        "state": audit.state,
        "model": audit.model,
        "source": audit.source,
        "created_at": audit.created,
        "ended_at": audit.ended,
        "progress": Progress(done=audit.done, steps=audit.steps, step=audit.step),
        "failure": audit.failure,
        "erased_subjects": audit.erased,
        "options": audit.options or {},
    }


def latest(
    connection: Connection, tenant: str, model: str, source: str | None = None
) -> LatestAudit | None:
    """The current figures of a model, of the newest audit that finished."""
    audit = audits.latest(connection, tenant, model, source)
    text = None if audit is None else audits.result(connection, audit.id)
    if audit is None or text is None:
        return None
    result = AuditResult.model_validate_json(text)
    return LatestAudit(
        audit=audit.id,
        model=audit.model or model,
        source=audit.source,
        ended_at=audit.ended or audit.created,
        expires_at=result.provenance.expires,
        verdict=result.verdict,
        chance=result.chance,
        hybrid2face=result.hybrid2face,
        worst=result.worst,
        erased_subjects=audit.erased,
    )


_ID = "01a20ca4-2f18-7000-8000-b24d08d66b20"

EXAMPLE_AUDIT: dict[str, Any] = {
    "id": _ID,
    "state": "running",
    "model": "faceveil 1.0.0",
    "source": "store",
    "created_at": "2026-03-01T12:00:00Z",
    "ended_at": None,
    "progress": {"done": 17, "steps": 120, "step": "lda"},
    "failure": None,
    "erased_subjects": 0,
    "options": {"seed": 0, "folds": 10, "quick": False, "limit": "rank1<=2x"},
}

EXAMPLE_LATEST: dict[str, Any] = {
    "audit": _ID,
    "model": "faceveil 1.0.0",
    "source": "store",
    "ended_at": "2026-03-01T12:06:00Z",
    "expires_at": "2026-08-28T12:06:00Z",
    "verdict": "not distinguished from chance",
    "chance": 0.1,
    "hybrid2face": {"attacker": "hybrid2face", "rate": 0.11, "low": 0.07, "high": 0.16},
    "worst": {"attacker": "nearest", "rate": 0.13, "low": 0.09, "high": 0.18},
    "erased_subjects": 0,
}
