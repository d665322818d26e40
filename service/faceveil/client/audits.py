"""Calls of `/v1/audits`: how well could somebody still tell whose the embeddings are?"""

from collections.abc import Callable, Sequence
from datetime import datetime
from os import PathLike
from typing import Literal, TypedDict, Unpack

from faceveil.client.answers import Audit, AuditPage, AuditState, LatestAudit, Progress
from faceveil.client.call import Call, answered, new_key, nothing, path, text
from faceveil.client.errors import AuditEnded
from faceveil.client.storage import upload


class AuditOptions(TypedDict, total=False):
    """How an audit is done.

    Attributes:
        seed: of all randomness; the same one repeats the audit.
        folds: of the cross-validation, 2 to 50.
        quick: whether fewer attackers do, for a first look.
        limit: highest rate that passes, as in `rank1<=2x`.
        idempotency_key: by which a repeat is known for a day; without one, a new one.
    """

    seed: int
    folds: int
    quick: bool
    limit: str
    idempotency_key: str


def create_audit(
    model: str,
    *,
    version: str | None = None,
    level: str | None = None,
    subjects: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    **options: Unpack[AuditOptions],
) -> Call[AuditState]:
    """Asks for an audit of stored features; `wait_for_audit` waits for its result.

    Args:
        model: name of the model that made them.
        version: of the model.
        level: privacy level.
        subjects: the people, by name; without them, all.
        since: captured then or later.
        until: captured before then.
        options: how it is done.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    key = new_key(options.pop("idempotency_key", None))
    selection = {
        "model": model,
        "version": version,
        "level": level,
        "subjects": None if subjects is None else list(subjects),
        "since": since,
        "until": until,
    }
    return Call(
        "POST",
        path("audits"),
        answered(AuditState),
        json={**selection, **options},
        idempotency_key=key,
    )


def audit_file(
    file: str | PathLike[str],
    *,
    gallery: str | PathLike[str] | None = None,
    reference: str | PathLike[str] | None = None,
    columns: str | None = None,
    **options: Unpack[AuditOptions],
) -> Call[AuditState]:
    """Asks for an audit of embeddings in files, .npz, .csv or .parquet.

    Args:
        file: with `embedding`, `subject`, and optionally `emotion`, `session` and `model`.
        gallery: the same embeddings free of noise, for the attacker to learn from.
        reference: an undefended embedding, to compare with.
        columns: which columns of a table are dimensions, as in `e0:e15`.
        options: how it is done.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
        OSError: if a file cannot be read.
    """
    key = new_key(options.pop("idempotency_key", None))
    named = {"file": file, "gallery": gallery, "reference": reference}
    return Call(
        "POST",
        path("audits"),
        answered(AuditState),
        form={"columns": columns, **options},
        files=[upload(name, one) for name, one in named.items() if one is not None],
        idempotency_key=key,
    )


def list_audits(*, cursor: str | None = None, limit: int | None = None) -> Call[AuditPage]:
    """A page of the audits, newest first.

    Args:
        cursor: `next` of the page before.
        limit: audits a page, at most 100.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    query = {"cursor": cursor, "limit": limit}
    return Call("GET", path("audits"), answered(AuditPage), query=query)


def get_latest_audit(
    model: str, *, source: Literal["store", "upload"] | None = None
) -> Call[LatestAudit]:
    """The current figures of a model, of its newest audit that finished.

    Args:
        model: its name, or its name and version.
        source: only audits of what is stored, or of uploads.

    Raises:
        FaceVeilError: `UnknownAudit` if none has finished.
    """
    query = {"model": model, "source": source}
    return Call("GET", path("audits", "latest"), answered(LatestAudit), query=query)


def get_audit(id: str) -> Call[Audit]:  # noqa: A002
    """An audit: how far it is, or its result.

    Raises:
        FaceVeilError: `UnknownAudit` if there is none of this id.
    """
    return Call("GET", path("audits", id), answered(Audit))


def delete_audit(id: str, *, idempotency_key: str | None = None) -> Call[None]:  # noqa: A002
    """Cancels an audit that is queued or running; removes one that has ended.

    Raises:
        FaceVeilError: `UnknownAudit` if there is none of this id.
    """
    return Call("DELETE", path("audits", id), nothing, idempotency_key=new_key(idempotency_key))


def get_audit_report(id: str) -> Call[str]:  # noqa: A002
    """The report of a finished audit: one page of HTML that loads nothing.

    Raises:
        FaceVeilError: `NotFinished` if it has none; `UnknownAudit` if there is none of this id.
    """
    return Call("GET", path("audits", id, "report"), text)


def has_ended(audit: Audit, progress: Callable[[Progress], None] | None) -> bool:
    """Whether an audit that is waited for is done; tells how far it is.

    Raises:
        AuditEnded: if it failed, or was cancelled.
    """
    if progress is not None:
        progress(audit.progress)
    if audit.state in ("failed", "cancelled"):
        why = audit.failure or "somebody cancelled it, or erased a person in it"
        raise AuditEnded(f"The audit {audit.id} {audit.state}: {why}")
    return audit.state == "done"
