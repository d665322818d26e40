"""How an audit comes to be: once for a request, within bounds, and of nobody who was erased."""

import contextlib
from functools import partial
from importlib.util import find_spec
from typing import Any

from sqlalchemy import Connection

from faceveil.api.audits.bodies import AuditRequest
from faceveil.api.callers import Caller
from faceveil.api.idempotency import idempotency_under
from faceveil.audit.features import FeaturesError
from faceveil.audit.snapshot import FEWEST, Snapshot
from faceveil.installation import how_to_add
from faceveil.jobs import snapshots
from faceveil.problems import NotInstalled, Overloaded, StoreBusy, UnfitFeatures, UnknownAudit
from faceveil.store import audits
from faceveil.store.locks import hold_tenant
from faceveil.store.replays import Idempotency, earlier, once
from faceveil.store.store import Store

_AFTER_S = 60
"""Seconds after which to ask again for an audit that found no place."""

_TRIES = 3
"""Times that a selection is read, while people in it are being erased."""

_NEEDED = ("jinja2", "matplotlib", "scipy", "sklearn")


def must_be_installed() -> None:
    """Lets pass where the extra is installed.

    Raises:
        NotInstalled: otherwise.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise NotInstalled(f"{NotInstalled.example} {how_to_add('audit')}")


def find(connection: Connection, tenant: str, id_: str) -> audits.Audit:
    """An audit of a tenant's.

    Raises:
        UnknownAudit: if there is none.
    """
    audit = audits.find(connection, tenant, id_)
    if audit is None:
        raise UnknownAudit(UnknownAudit.example)
    return audit


async def create(requested: AuditRequest, key: str | None, caller: Caller) -> audits.Audit:
    """Writes an audit down and has it made, once for an Idempotency-Key.

    Raises:
        UnfitFeatures: if it cannot be audited.
        Overloaded: if as many of the tenant's audits wait as may.
        StoreBusy: if people in it are being erased all the time, or the store does not answer.
        KeyReused: if the key came with another request before.
    """
    store, tenant, most = caller.store, caller.tenant, caller.settings.audit.waiting

    def work() -> audits.Audit:
        idempotency = idempotency_under(key, store, b"audit", requested.digest())
        known = _earlier(store, tenant, idempotency)
        if known is None:  # before the work; once more where it is written down
            with store.database.read() as connection:
                _must_have_room(connection, tenant, most)
        for _ in range(_TRIES):
            if known is not None:
                break
            snapshot = requested.snapshot()
            if len(snapshot.subjects) < FEWEST:
                raise FeaturesError(f"An audit needs at least {FEWEST} people.")
            write = partial(_create, caller, requested, snapshot)
            with contextlib.suppress(_ErasedMeanwhileError):
                known = once(store.database, tenant, idempotency, write)
        if known is None:
            raise StoreBusy("People in the selection are being erased. Try again in a moment.")
        with store.database.read() as connection:
            audit = find(connection, tenant, known["id"])
        if audit.state in audits.UNENDED:
            caller.jobs.audit(audit.id)
        return audit

    try:
        return await store.read(work)
    except FeaturesError as problem:
        raise UnfitFeatures(str(problem)) from None


class _ErasedMeanwhileError(Exception):
    """Somebody in a snapshot was erased after it was taken."""


def _create(
    caller: Caller, requested: AuditRequest, snapshot: Snapshot, connection: Connection
) -> dict[str, Any]:
    tenant, actor = caller.tenant, caller.principal.actor
    hold_tenant(connection, tenant)
    _must_have_room(connection, tenant, caller.settings.audit.waiting)
    id_ = snapshots.request(connection, tenant, actor, snapshot, requested.options.model_dump())
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
