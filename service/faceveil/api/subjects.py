"""`/v1/subjects`: what is kept of a person, and its erasure. Names come in bodies, never URLs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from faceveil.access.door import Principal
from faceveil.api.bodies import read_json
from faceveil.api.contents import request_body
from faceveil.api.deps import ReaderDep, StoreDep, WriterDep
from faceveil.api.errors import GUARDED, documented
from faceveil.api.examples import EXAMPLE_KEPT, EXAMPLE_RECEIPT
from faceveil.api.keeping import SubjectName
from faceveil.api.writing import IDEMPOTENCY_PARAMETER, idempotency_key, idempotency_under
from faceveil.problems import (
    BodyTimeout,
    BodyTooLarge,
    InvalidParameters,
    KeyReused,
    MalformedRequest,
    NotReady,
    Overloaded,
    StoreBusy,
    UnfitPseudonym,
    UnknownReceipt,
    UnsupportedContentType,
)
from faceveil.store import access_log, subjects
from faceveil.store.replays import once
from faceveil.store.scrubbing import NOT_YET, owed
from faceveil.store.store import Store

router = APIRouter(prefix="/v1/subjects", tags=["subjects"])

RECEIPTS = f"{router.prefix}/erasures"

_BODY = (MalformedRequest, BodyTimeout, BodyTooLarge, UnsupportedContentType, InvalidParameters)
_ANSWERING = (Overloaded, StoreBusy, NotReady, *GUARDED)


class SubjectBody(BaseModel):
    """A person, by the app's own name, or by pseudonym."""

    model_config = ConfigDict(extra="forbid")

    subject: SubjectName


class Kept(BaseModel):
    """How much is kept of a person."""

    subject: str = Field(description="The pseudonym under which it is kept.")
    features: int
    first_captured_at: datetime | None
    last_captured_at: datetime | None


class Receipt(BaseModel):
    """What an erasure did. It does not say of whom."""

    id: str
    erased_at: datetime
    features: int = Field(description="How many were erased.")
    audits: int = Field(
        description="Audits that had the person in them: finished ones are marked, others stopped."
    )
    digest: str = Field(
        description="SHA-256 over the erased features' ids, sorted, each with a line feed."
    )


_REQUEST = request_body(
    {"application/json": SubjectBody}, {"application/json": {"subject": "person 17"}}
)


@router.post(
    "/lookup",
    operation_id="lookUpSubject",
    summary="Tell a person's pseudonym",
    responses={
        200: {
            "description": "The pseudonym, and how much is kept under it.",
            "content": {"application/json": {"example": EXAMPLE_KEPT}},
        },
        **documented(*_BODY, UnfitPseudonym, *_ANSWERING),
    },
    openapi_extra={"requestBody": _REQUEST},
)
async def look_up_subject(request: Request, principal: ReaderDep, store: StoreDep) -> Kept:
    """Tells the pseudonym of a person, which filters of `GET /v1/features` take."""
    body = await read_json(request, SubjectBody)

    def work() -> tuple[str, subjects.Kept]:
        pseudonym = _identified(body, principal, store)
        with store.database.read() as connection:
            return pseudonym, subjects.kept(connection, principal.tenant, pseudonym)

    pseudonym, kept = await store.run(work)
    return Kept(
        subject=store.pseudonyms.marked(principal.tenant, pseudonym),
        features=kept.features,
        first_captured_at=kept.first,
        last_captured_at=kept.last,
    )


@router.post(
    "/erase",
    operation_id="eraseSubject",
    summary="Erase a person",
    responses={
        200: {
            "description": "The receipt. The features are gone from the store's files too.",
            "content": {"application/json": {"example": EXAMPLE_RECEIPT}},
        },
        **documented(*_BODY, UnfitPseudonym, KeyReused, *_ANSWERING),
    },
    openapi_extra={"parameters": [IDEMPOTENCY_PARAMETER], "requestBody": _REQUEST},
)
async def erase_subject(request: Request, principal: WriterDep, store: StoreDep) -> Receipt:
    """Erases all that is stored of a person, by name or pseudonym, and answers a receipt.

    Audits that are at work on the person are stopped; finished ones keep their figures, are marked,
    and no longer name the pseudonym.
    """
    key = idempotency_key(request.headers)
    body = await read_json(request, SubjectBody)

    def work() -> dict[str, Any]:
        pseudonym = _identified(body, principal, store)

        def write(connection: Connection) -> dict[str, Any]:
            receipt = subjects.erase(connection, principal.tenant, pseudonym)
            detail = {"receipt": receipt.id, "features": receipt.features, "audits": receipt.audits}
            access_log.append(connection, principal.tenant, principal.actor, "erased", detail)
            return _shown(receipt).model_dump(mode="json")

        idempotency = idempotency_under(key, store, b"erase", pseudonym.encode())
        return once(store.database, principal.tenant, idempotency, write)

    receipt = Receipt.model_validate(await store.run(work))
    try:
        await store.scrubber.gone()
    except StoreBusy as busy:
        raise StoreBusy(f"{busy.detail} Its receipt is then at {RECEIPTS}/{receipt.id}.") from busy
    return receipt


@router.get(
    "/erasures/{id:uuid}",
    operation_id="getReceipt",
    summary="Show the receipt of an erasure",
    responses={
        200: {
            "description": "The receipt.",
            "content": {"application/json": {"example": EXAMPLE_RECEIPT}},
        },
        **documented(UnknownReceipt, InvalidParameters, *_ANSWERING),
    },
)
async def get_receipt(id: UUID, principal: ReaderDep, store: StoreDep) -> Receipt:  # noqa: A002
    """Shows a receipt again, once what it tells of is gone from the store's files."""

    def work() -> subjects.Receipt | None:
        with store.database.read() as connection:
            found = subjects.find_receipt(connection, principal.tenant, str(id))
            if found is not None and owed(connection, found.at):
                raise StoreBusy(NOT_YET)
            return found

    found = await store.run(work)
    if found is None:
        raise UnknownReceipt(UnknownReceipt.example)
    return _shown(found)


def _identified(body: SubjectBody, principal: Principal, store: Store) -> str:
    names = (body.subject,)
    known = subjects.identify(store.database, store.pseudonyms, principal.tenant, names)
    return known[body.subject]


def _shown(receipt: subjects.Receipt) -> Receipt:
    return Receipt(
        id=receipt.id,
        erased_at=receipt.at,
        features=receipt.features,
        audits=receipt.audits,
        digest=receipt.digest,
    )
