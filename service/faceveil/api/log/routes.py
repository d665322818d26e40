"""`/v1/log`: the tenant's entries of the access log, and the check of the whole of it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query

from faceveil.api.callers import ReviewerDep
from faceveil.api.log.answers import EXAMPLE_ENTRY, EXAMPLE_HEAD, LogCheck, LogEntry, LogPage
from faceveil.http.openapi import STORED, answered
from faceveil.problems import InvalidParameters
from faceveil.store import access_log
from faceveil.store.database import Database

router = APIRouter(prefix="/v1/log", tags=["log"])


@router.get(
    "",
    operation_id="listLog",
    summary="Show the access log",
    responses=answered(
        "A page of the tenant's entries, newest first.",
        {"entries": [EXAMPLE_ENTRY], "next": None},
        InvalidParameters,
        *STORED,
    ),
)
async def list_log(
    caller: ReviewerDep,
    cursor: Annotated[
        int | None, Query(ge=1, le=2**31, description="`next` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Entries a page.")] = 50,
) -> LogPage:
    """Shows which key erased, exported, deleted and audited, and when keys were made and revoked.

    Storing and reading are not in it. Other tenants' entries are not shown.
    """
    found = await caller.store.query(access_log.page, caller.tenant, cursor, limit)
    entries = [
        LogEntry(
            number=number,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            detail=entry.detail,
            chain=entry.chain,
        )
        for number, entry in found
    ]
    last = entries[-1].number if entries else 1
    return LogPage(entries=entries, next=last if last > 1 else None)


@router.get(
    "/check",
    operation_id="checkLog",
    summary="Check the access log",
    responses=answered(
        "Whether it holds.",
        {"holds": True, "entries": 2, "head": EXAMPLE_HEAD, "noted": None},
        InvalidParameters,
        *STORED,
    ),
)
async def check_log(
    caller: ReviewerDep,
    head: Annotated[
        str | None,
        Query(pattern="^[0-9a-f]{64}$", description="A head that an earlier check answered."),
    ] = None,
) -> LogCheck:
    """Computes the chain of the whole log again, all tenants' entries included.

    It finds entries that were changed, removed or inserted. Note the head that it answers somewhere
    else: with it, a later check also finds a log that was rewritten as a whole.
    """
    store = caller.store
    with store.checking():
        return await store.run(partial(_check, store.database, caller.tenant, head))


def _check(database: Database, tenant: str, head: str | None) -> LogCheck:
    found = access_log.verify(access_log.entries(database), head)
    with database.read() as connection:
        newest = access_log.page(connection, tenant, None, 1)
    number, entry = newest[0] if newest else (0, None)
    return LogCheck(
        holds=found.broken is None,
        entries=number,
        head=entry and entry.chain,
        noted=found.noted,
    )
