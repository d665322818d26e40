"""One person's data: found by pseudonym, and erased."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from service.store import audits, features
from service.store.ids import new_id
from service.store.locks import hold_tenant
from service.store.scrubbing import owe
from service.store.tables import audit_inputs, audit_subjects, erasures, now, replays
from service.store.tables import audits as audits_table
from service.store.tables import features as table


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure did.

    Attributes:
        id: of the receipt.
        at: when.
        features: how many were erased.
        audits: how many audits had the person in them, and are marked.
        digest: SHA-256 over the erased features' ids, sorted, a line each: whoever has an export
            from before can check that these and no others are meant.
    """

    id: str
    at: datetime
    features: int
    audits: int
    digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is stored of one person, and from when; None where nothing is."""

    features: int
    first: datetime | None
    last: datetime | None


def kept(connection: Connection, tenant: str, subject: str) -> Kept:
    """How much is stored of a pseudonym."""
    row = connection.execute(
        select(func.count(), func.min(table.c.captured), func.max(table.c.captured)).where(
            table.c.tenant == tenant, table.c.subject == subject
        )
    ).one()
    return Kept(*row)


def erase(connection: Connection, tenant: str, subject: str) -> Receipt:
    """Deletes all of one person, marks the audits that had it, and writes a receipt.

    It is gone from the files only once `scrubbing.settle` has seen to it.
    """
    hold_tenant(connection, tenant)
    selection = features.Selection(subjects=(subject,))
    gone = features.remove(connection, tenant, selection)
    owe(connection, table, audits_table, audit_inputs, audit_subjects, replays)
    receipt = Receipt(
        id=new_id(),
        at=now(),
        features=len(gone),
        audits=audits.forget(connection, tenant, subject),
        digest=hashlib.sha256("".join(f"{id_}\n" for id_ in gone).encode()).hexdigest(),
    )
    row = {name: getattr(receipt, name) for name in Receipt.__slots__}
    connection.execute(insert(erasures), row | {"tenant": tenant})
    return receipt


def find_receipt(connection: Connection, tenant: str, id_: str) -> Receipt | None:
    """A receipt of the tenant's."""
    row = connection.execute(
        select(erasures).where(erasures.c.tenant == tenant, erasures.c.id == id_)
    ).first()
    if row is None:
        return None
    return Receipt(**{name: getattr(row, name) for name in Receipt.__slots__})
