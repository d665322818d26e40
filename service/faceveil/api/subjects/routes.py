"""`/v1/subjects`: what is kept of a person, and its erasure. Names come in bodies, never URLs."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from sqlalchemy import Connection

from faceveil.api.callers import Caller, ReaderDep, WriterDep
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

router = APIRouter(prefix="/v1/subjects", tags=["subjects"])

RECEIPTS = f"{router.prefix}/erasures"


@router.post(
    "/lookup",
    operation_id="lookUpSubject",
    summary="Look up a person's pseudonym",
    responses=answered(
        "The pseudonym, and how much is stored under it.",
        EXAMPLE_KEPT,
        *BODY,
        UnfitPseudonym,
        *STORED,
    ),
    openapi_extra=SUBJECT.documented(),
)
async def look_up_subject(caller: ReaderDep) -> Kept:
    """Looks up the pseudonym of a person, which filters of `GET /v1/features` take."""
    store, tenant = caller.store, caller.tenant
    body = await SUBJECT.read(caller.request, caller.settings.limits)
    pseudonym = await store.run(partial(_identified, body, caller))
    kept = await store.query(subjects.kept, tenant, pseudonym)
    return Kept(
        subject=store.pseudonyms.marked(tenant, pseudonym),
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
async def erase_subject(caller: WriterDep) -> Receipt:
    """Erases all that is stored of a person, by name or pseudonym, and answers a receipt.

    Audits that are auditing the person are stopped; finished ones keep their figures, are marked,
    and no longer name the pseudonym.
    """
    store, tenant = caller.store, caller.tenant
    key = idempotency_key(caller.request)
    body = await SUBJECT.read(caller.request, caller.settings.limits)

    def work() -> dict[str, Any]:
        pseudonym = _identified(body, caller)

        def write(connection: Connection) -> dict[str, Any]:
            receipt = subjects.erase(connection, tenant, pseudonym)
            detail = {"receipt": receipt.id, "features": receipt.features, "audits": receipt.audits}
            access_log.append(connection, tenant, caller.principal.actor, "erased", detail)
            return shown_receipt(receipt).model_dump(mode="json")

        idempotency = idempotency_under(key, store, b"erase", pseudonym.encode())
        return once(store.database, tenant, idempotency, write)

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
async def get_receipt(
    id: Annotated[UUID, Path(description="Id of the receipt.")],  # noqa: A002
    caller: ReaderDep,
) -> Receipt:
    """Shows a receipt again, once the erased data are gone from the store's files."""
    found = await caller.store.query(_find_receipt, caller.tenant, str(id))
    if found is None:
        raise UnknownReceipt(UnknownReceipt.example)
    return shown_receipt(found)


def _identified(body: SubjectBody, caller: Caller) -> str:
    store, names = caller.store, (body.subject,)
    return subjects.identify(store.database, store.pseudonyms, caller.tenant, names)[body.subject]


def _find_receipt(connection: Connection, tenant: str, id_: str) -> subjects.Receipt | None:
    found = subjects.find_receipt(connection, tenant, id_)
    if found is not None and owed(connection, found.at):
        raise StoreBusy(NOT_YET)
    return found
