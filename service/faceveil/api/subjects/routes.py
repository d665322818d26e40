"""`/v1/subjects`: what is kept of a person, and its erasure. Names come in bodies, never URLs."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection

from faceveil.access.door import Principal
from faceveil.api.deps import ReaderDep, SettingsDep, StoreDep, WriterDep
from faceveil.api.idempotency import IDEMPOTENCY_PARAMETER, idempotency_key, idempotency_under
from faceveil.api.subjects.answers import (
    EXAMPLE_KEPT,
    EXAMPLE_RECEIPT,
    Kept,
    Receipt,
    shown_receipt,
)
from faceveil.api.subjects.bodies import SUBJECT, SubjectBody
from faceveil.http.openapi import BODY, STORED, answered
from faceveil.problems import (
    InvalidParameters,
    KeyReused,
    StoreBusy,
    UnfitPseudonym,
    UnknownReceipt,
)
from faceveil.store import access_log, subjects
from faceveil.store.replays import once
from faceveil.store.scrubbing import NOT_YET, owed
from faceveil.store.store import Store

router = APIRouter(prefix="/v1/subjects", tags=["subjects"])

RECEIPTS = f"{router.prefix}/erasures"


@router.post(
    "/lookup",
    operation_id="lookUpSubject",
    summary="Tell a person's pseudonym",
    responses=answered(
        "The pseudonym, and how much is kept under it.",
        EXAMPLE_KEPT,
        *BODY,
        UnfitPseudonym,
        *STORED,
    ),
    openapi_extra=SUBJECT.documented(),
)
async def look_up_subject(
    request: Request, principal: ReaderDep, settings: SettingsDep, store: StoreDep
) -> Kept:
    """Tells the pseudonym of a person, which filters of `GET /v1/features` take."""
    body = await SUBJECT.read(request, settings.limits)

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
    responses=answered(
        "The receipt. The features are gone from the store's files too.",
        EXAMPLE_RECEIPT,
        *BODY,
        UnfitPseudonym,
        KeyReused,
        *STORED,
    ),
    openapi_extra=SUBJECT.documented(IDEMPOTENCY_PARAMETER),
)
async def erase_subject(
    request: Request, principal: WriterDep, settings: SettingsDep, store: StoreDep
) -> Receipt:
    """Erases all that is stored of a person, by name or pseudonym, and answers a receipt.

    Audits that are at work on the person are stopped; finished ones keep their figures, are marked,
    and no longer name the pseudonym.
    """
    key = idempotency_key(request.headers)
    body = await SUBJECT.read(request, settings.limits)

    def work() -> dict[str, Any]:
        pseudonym = _identified(body, principal, store)

        def write(connection: Connection) -> dict[str, Any]:
            receipt = subjects.erase(connection, principal.tenant, pseudonym)
            detail = {"receipt": receipt.id, "features": receipt.features, "audits": receipt.audits}
            access_log.append(connection, principal.tenant, principal.actor, "erased", detail)
            return shown_receipt(receipt).model_dump(mode="json")

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
    responses=answered("The receipt.", EXAMPLE_RECEIPT, UnknownReceipt, InvalidParameters, *STORED),
)
async def get_receipt(id: UUID, principal: ReaderDep, store: StoreDep) -> Receipt:  # noqa: A002
    """Shows a receipt again, once what it tells of is gone from the store's files."""
    found = await store.query(_find_receipt, principal.tenant, str(id))
    if found is None:
        raise UnknownReceipt(UnknownReceipt.example)
    return shown_receipt(found)


def _identified(body: SubjectBody, principal: Principal, store: Store) -> str:
    names = (body.subject,)
    known = subjects.identify(store.database, store.pseudonyms, principal.tenant, names)
    return known[body.subject]


def _find_receipt(connection: Connection, tenant: str, id_: str) -> subjects.Receipt | None:
    found = subjects.find_receipt(connection, tenant, id_)
    if found is not None and owed(connection, found.at):
        raise StoreBusy(NOT_YET)
    return found
