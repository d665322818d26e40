"""What is to be audited: a selection of what is stored, or files, and how it is to be done."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from faceveil.api.callers import Caller
from faceveil.api.fields import Dimensions, Moment, Name, SubjectName
from faceveil.api.files import read_columns
from faceveil.audit.features import FeaturesError
from faceveil.audit.limit import parse_limit
from faceveil.audit.snapshot import AUDITED, GALLERY, REFERENCE, Snapshot, of_upload
from faceveil.featurefile import Columns
from faceveil.http.errors import unfit
from faceveil.http.forms import FORM, FileField, Form, Multipart
from faceveil.http.intake import Intake, Json, refuse_members
from faceveil.jobs.snapshots import of_store
from faceveil.problems import UnfitFeatures
from faceveil.store import subjects
from faceveil.store.features import Selection

FILES = {"file": AUDITED, "gallery": GALLERY, "reference": REFERENCE}
"""Fields of a form that hold files, and the parts of an audit that they are."""

_MOST_SUBJECTS = 10_000


class AuditOptions(BaseModel):
    """How an audit is done."""

    model_config = ConfigDict(extra="forbid")

    seed: int = Field(
        0, ge=0, lt=2**31, description="Seed of all randomness; the same seed repeats the audit."
    )
    folds: int = Field(10, ge=2, le=50, description="Folds of the cross-validation.")
    quick: bool = Field(False, description="Fewer attackers: a first look.")
    limit: str | None = Field(
        None,
        max_length=64,
        description="Highest rate that passes: rank1<=2x, hybrid2face<=20%, sets<=0.5. The "
        "upper end of the 95 % interval is what counts.",
    )


class StoreAuditBody(AuditOptions):
    """An audit of stored features; each member that is given narrows the selection."""

    model: Name = Field(description="Name of the model that made the embeddings.")
    version: Name | None = Field(None, description="Version of the model.")
    level: Name | None = Field(None, description="Privacy level.")
    subjects: list[SubjectName] | None = Field(
        None, min_length=2, max_length=_MOST_SUBJECTS, description="The people, by name."
    )
    since: Moment | None = Field(None, description="Captured then or later (RFC 3339).")
    until: Moment | None = Field(None, description="Captured before then (RFC 3339).")


class AuditForm(AuditOptions):
    """Files that are to be audited, .npz, .csv or .parquet, and how."""

    model_config = FORM

    file: Annotated[FileField, Field(description="The embeddings.")]
    gallery: Annotated[
        FileField | None, Field(description="The attacker's gallery: the same, free of noise.")
    ] = None
    reference: Annotated[
        FileField | None, Field(description="An undefended embedding, to compare with.")
    ] = None
    columns: Dimensions = None


AUDIT = Intake[StoreAuditBody | Form](
    Json(
        StoreAuditBody,
        lambda limits: limits.body_bytes,
        lambda _: 4 * _MOST_SUBJECTS,
        {"model": "faceveil", "limit": "rank1<=2x"},
    ),
    Multipart(AuditForm, lambda limits: limits.import_bytes),
    otherwise="Send JSON that selects stored features, or a form with a 'file' (.npz, .csv, "
    ".parquet).",
)


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """An audit that was requested.

    Attributes:
        options: how.
        digest: tells the request from others; reads all of it.
        snapshot: takes what it works on; blocks, and raises `FeaturesError`.
    """

    options: AuditOptions
    digest: Callable[[], bytes]
    snapshot: Callable[[], Snapshot]


async def read_audit(caller: Caller) -> AuditRequest:
    """Reads what an audit is requested to be.

    Raises:
        UnfitFeatures: if the limit is none.
        UnfitPseudonym: if a subject is a pseudonym of another key or tenant.
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    body = await AUDIT.read(caller.request, caller.settings.limits)
    return _of_files(body, caller) if isinstance(body, Form) else _of_store(body, caller)


def _of_store(body: StoreAuditBody, caller: Caller) -> AuditRequest:
    _check_limit(body.limit)
    store, tenant, names = caller.store, caller.tenant, body.subjects
    selection = Selection(
        model=body.model,
        version=body.version,
        level=body.level,
        subjects=None
        if names is None
        else tuple(store.pseudonyms.of(tenant, name) for name in names),
        since=body.since,
        until=body.until,
    )
    options = AuditOptions(**body.model_dump(include=set(AuditOptions.model_fields)))
    return AuditRequest(
        options,
        lambda: hashlib.sha256(repr((selection, options)).encode()).digest(),
        lambda: of_store(store.database, tenant, selection),
    )


def _of_files(form: Form, caller: Caller) -> AuditRequest:
    store = caller.store
    for name, files in form.files.items():
        if len(files) > 1:
            raise unfit(f"body.{name}", "Given twice.")
    chosen = form.fields.pop("columns", None)
    try:
        options = AuditOptions.model_validate(form.fields)
    except ValidationError as problem:
        raise refuse_members(problem) from None
    _check_limit(options.limit)

    def digest() -> bytes:
        sha = hashlib.sha256(repr((options, chosen)).encode())
        for name in sorted(form.files):
            sha.update(hashlib.sha256(form.files[name][0].data).digest())
        return sha.digest()

    def snapshot() -> Snapshot:
        uploaded = {FILES[name]: columns(name) for name in form.files}
        identify = partial(subjects.identify, store.database, store.pseudonyms, caller.tenant)
        return of_upload(uploaded, identify)

    def columns(name: str) -> Columns:
        file = form.files[name][0]
        table = name == "file" or not file.name.lower().endswith(".npz")
        try:
            return read_columns(file, caller.settings, chosen if table else None)
        except UnfitFeatures as problem:
            raise UnfitFeatures(f"'{name}': {problem.detail}") from None

    return AuditRequest(options, digest, snapshot)


def _check_limit(limit: str | None) -> None:
    if limit is not None:
        try:
            parse_limit(limit, chance=0.5)
        except FeaturesError as problem:
            raise UnfitFeatures(str(problem)) from None
