"""One person's data: found by pseudonym, and erased."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, insert, select

from faceveil.problems import UnfitPseudonym
from faceveil.store import audits, features
from faceveil.store.database import Database
from faceveil.store.ids import new_id
from faceveil.store.locks import hold_tenant
from faceveil.store.pseudonyms import BARE, MARK, Pseudonyms
from faceveil.store.scrubbing import owe
from faceveil.store.tables import audit_inputs, audit_subjects, erasures, now, replays
from faceveil.store.tables import audits as audits_table
from faceveil.store.tables import features as table


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


_AT_ONCE = 1000
"""Values in one statement."""


def identify(
    database: Database, pseudonyms: Pseudonyms, tenant: str, names: Collection[str]
) -> dict[str, str]:
    """The pseudonym of each name; one that is marked as a pseudonym is taken as it is.

    Raises:
        UnfitPseudonym: if one is marked and of another key or tenant, or is one of the tenant's
            own pseudonyms without its mark: hashed as a name, no erasure would find it.
    """
    known = {name: pseudonyms.of(tenant, name) for name in names}
    bare = [name for name in known if BARE.fullmatch(name)]
    if bare:  # or a name that looks like one, as app's own identifiers may
        with database.read() as connection:
            if any(_is_pseudonym(connection, tenant, part) for part in _parts(bare)):
                raise UnfitPseudonym(
                    f"This is a pseudonym of this store without its mark. Write it as "
                    f"{MARK}:FINGERPRINT:HASH, as lookups and exports do, or send the name."
                )
    return known


def trace(tenant: str, pseudonym: str) -> str:
    """What a receipt keeps of whom it is about: enough to erase again what a backup brings back.

    A hash of a keyed hash: whoever has only the store can neither tell a name from it nor try one.
    """
    return hashlib.sha256(f"erased\0{tenant}\0{pseudonym}".encode()).hexdigest()


def _is_pseudonym(connection: Connection, tenant: str, found: list[str]) -> bool:
    stored = select(table.c.id).where(table.c.tenant == tenant, table.c.subject.in_(found))
    traces = [trace(tenant, one) for one in found]
    erased = select(erasures.c.id).where(erasures.c.tenant == tenant, erasures.c.trace.in_(traces))
    return any(connection.scalar(one.limit(1)) is not None for one in (stored, erased))


def _parts(values: list[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while part := list(islice(rest, _AT_ONCE)):
        yield part


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

    It leaves the files with `scrubbing.settle`.
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
    row |= {"tenant": tenant, "trace": trace(tenant, subject)}
    connection.execute(insert(erasures), row)
    return receipt


def find_receipt(connection: Connection, tenant: str, id_: str) -> Receipt | None:
    """A receipt of the tenant's."""
    row = connection.execute(
        select(erasures).where(erasures.c.tenant == tenant, erasures.c.id == id_)
    ).first()
    if row is None:
        return None
    return Receipt(**{name: getattr(row, name) for name in Receipt.__slots__})
