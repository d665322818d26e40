"""How an audit is asked for: a selection of what is stored, or a file, and how it is to be done."""

import hashlib
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from faceveil.access.door import Principal
from faceveil.api.bodies import (
    Form,
    arriving,
    content_type,
    parse_json,
    read_bytes,
    read_form,
    refuse_members,
)
from faceveil.api.importing import CHOICE, read_columns
from faceveil.api.keeping import Moment, Name, SubjectName, unfit
from faceveil.audit.features import FeaturesError
from faceveil.audit.limit import parse_limit
from faceveil.featurefile import Columns
from faceveil.installation import how_to_add
from faceveil.jobs.snapshots import AUDITED, GALLERY, REFERENCE, Snapshot, of_store, of_upload
from faceveil.problems import NotInstalled, UnfitFeatures, UnsupportedContentType
from faceveil.settings import LimitSettings
from faceveil.store import subjects
from faceveil.store.features import Selection
from faceveil.store.store import Store

FILES = {"file": AUDITED, "gallery": GALLERY, "reference": REFERENCE}
"""Fields of a form that hold files, and the parts of an audit that they are."""

_NEEDED = ("jinja2", "matplotlib", "scipy", "sklearn")
_MOST_SUBJECTS = 10_000


class AuditOptions(BaseModel):
    """How an audit is done."""

    model_config = ConfigDict(extra="forbid")

    seed: int = Field(0, ge=0, lt=2**31, description="The same seed gives the same result.")
    folds: int = Field(10, ge=2, le=50, description="Of the cross-validation.")
    quick: bool = Field(False, description="Fewer attackers: a first look.")
    limit: str | None = Field(
        None,
        max_length=64,
        description="What is to be kept: rank1<=2x, hybrid2face<=20%, sets<=0.5. Pass or fail is "
        "judged on the upper end of the 95 % interval.",
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


class Asked:
    """An audit that was asked for.

    Attributes:
        options: how.
        source: `store` or `upload`.
        digest: tells the request from others; reads all of it.
        snapshot: takes what it works on; blocks, and raises `FeaturesError`.
    """

    def __init__(
        self,
        options: AuditOptions,
        source: str,
        digest: Callable[[], bytes],
        snapshot: Callable[[], Snapshot],
    ) -> None:
        self.options, self.source, self.digest = options, source, digest
        self.snapshot = snapshot


def must_be_installed() -> None:
    """Lets pass where the extra is installed.

    Raises:
        NotInstalled: otherwise.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise NotInstalled(f"{NotInstalled.example} {how_to_add('audit')}")


async def read_audit(
    request: Request, limits: LimitSettings, store: Store, principal: Principal
) -> Asked:
    """Reads what an audit is asked to be.

    Raises:
        UnfitFeatures: if the limit is none.
        UnfitPseudonym: if a subject is a pseudonym of another key or tenant.
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    kind = content_type(request)
    async with arriving(request):
        if kind == "application/json":
            data = await read_bytes(request, limits.body_bytes)
            return _of_store(parse_json(StoreAuditBody, data, 4 * _MOST_SUBJECTS), store, principal)
        if kind == "multipart/form-data":
            fields = frozenset({CHOICE, *AuditOptions.model_fields})
            form = await read_form(
                request,
                limits.import_bytes,
                frozenset(FILES),
                fields,
                needed="file",
                most=len(FILES),
            )
            return _of_files(form, limits, store, principal)
    raise UnsupportedContentType(
        "Send JSON that selects stored features, or a form with a 'file' (.npz, .csv, .parquet)."
    )


def _of_store(body: StoreAuditBody, store: Store, principal: Principal) -> Asked:
    _check_limit(body.limit)
    selection = Selection(
        model=body.model,
        version=body.version,
        level=body.level,
        subjects=None
        if body.subjects is None
        else tuple(store.pseudonyms.of(principal.tenant, name) for name in body.subjects),
        since=body.since,
        until=body.until,
    )
    options = AuditOptions(**body.model_dump(include=set(AuditOptions.model_fields)))
    return Asked(
        options,
        "store",
        lambda: hashlib.sha256(repr((selection, options)).encode()).digest(),
        lambda: of_store(store.database, principal.tenant, selection),
    )


def _of_files(form: Form, limits: LimitSettings, store: Store, principal: Principal) -> Asked:
    for name, files in form.files.items():
        if len(files) > 1:
            raise unfit(f"body.{name}", "Given twice.")
    chosen = form.fields.pop(CHOICE, None)
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
        identify = partial(subjects.identify, store.database, store.pseudonyms, principal.tenant)
        return of_upload(uploaded, identify)

    def columns(name: str) -> Columns:
        file = form.files[name][0]
        table = name == "file" or not file.name.lower().endswith(".npz")
        try:
            return read_columns(file, limits, chosen if table else None)
        except UnfitFeatures as problem:
            raise UnfitFeatures(f"'{name}': {problem.detail}") from None

    return Asked(options, "upload", digest, snapshot)


def _check_limit(limit: str | None) -> None:
    if limit is not None:
        try:
            parse_limit(limit, chance=0.5)
        except FeaturesError as problem:
            raise UnfitFeatures(str(problem)) from None
