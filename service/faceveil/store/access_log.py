"""Who did what, when: append only, each entry chained to the one before.

The chain is SHA-256 over the entry before and the entry itself, so that nobody can change, remove
or insert one without all later ones changing. Whoever could rewrite the whole table could rewrite
the chain too: an auditor notes the head now and then, and checks later that it is still in there.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from faceveil.store.database import Database
from faceveil.store.locks import hold
from faceveil.store.tables import access_log, milliseconds, now

GENESIS = "0" * 64
"""What the first entry is chained to."""

ENTRIES_A_READ = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `chain` is its hash, in hexadecimal."""

    seq: int
    at: datetime
    tenant: str
    actor: str
    action: str
    detail: dict[str, Any]
    chain: str


_LINKED = tuple(name for name in Entry.__slots__ if name != "chain")


@dataclass(frozen=True, slots=True)
class Verified:
    """What checking the chain found.

    Attributes:
        entries: how many hold.
        head: hash of the last of them.
        broken: number of the first entry that does not fit; None where all do.
        noted: whether the head that was given is in the chain; None where none was.
    """

    entries: int
    head: str
    broken: int | None
    noted: bool | None


def append(
    connection: Connection, tenant: str, actor: str, action: str, detail: dict[str, Any]
) -> None:
    """Writes an entry, in the transaction of what it tells of.

    Args:
        connection: of a transaction that writes.
        tenant: whose data.
        actor: key id, or `cli`, `worker`, `anyone`.
        action: as in `erased`, `exported`.
        detail: ids and counts; never a name.
    """
    hold(connection, "access log")
    last = connection.execute(select(access_log).order_by(access_log.c.seq.desc()).limit(1)).first()
    row = {
        "seq": 1 if last is None else last.seq + 1,
        "at": now(),
        "tenant": tenant,
        "actor": actor,
        "action": action,
        "detail": detail,
    }
    before = GENESIS if last is None else last.chain
    connection.execute(insert(access_log), row | {"chain": _link(before, row)})


def page(
    connection: Connection, tenant: str, before: int | None, limit: int
) -> list[tuple[int, Entry]]:
    """At most so many of a tenant's entries, newest first.

    Args:
        connection: to read with.
        tenant: whose.
        before: only those before this one, by its place; None for the newest.
        limit: how many.

    Returns:
        Each with its place among the tenant's, from 1: `seq` would tell how much others do.
    """
    own = access_log.c.tenant == tenant
    there = connection.scalar(select(func.count()).select_from(access_log).where(own)) or 0
    until = there if before is None else min(there, before - 1)
    first = max(0, until - limit)
    # Places are counted in the index: neither these rows nor others' are read to pass over them.
    places = select(access_log.c.seq).where(own).order_by(access_log.c.seq)
    begin = places.offset(first).limit(1).scalar_subquery()
    statement = select(access_log).where(own, access_log.c.seq >= begin).order_by(access_log.c.seq)
    rows = connection.execute(statement.limit(until - first))
    return list(enumerate(map(_entry, rows), first + 1))[::-1]


def entries(database: Database, tenant: str | None = None) -> Iterator[Entry]:
    """The entries, oldest first; of one tenant, or of all.

    Read in short transactions, so that whoever takes their time with them keeps no erasure.
    """
    after = 0
    statement = select(access_log).order_by(access_log.c.seq).limit(ENTRIES_A_READ)
    if tenant is not None:
        statement = statement.where(access_log.c.tenant == tenant)
    while True:
        with database.read() as connection:
            rows = connection.execute(statement.where(access_log.c.seq > after)).all()
        if not rows:
            return
        yield from map(_entry, rows)
        after = rows[-1].seq


def streamed(connection: Connection) -> Iterator[Entry]:
    """All entries, oldest first, within one transaction."""
    statement = select(access_log).order_by(access_log.c.seq)
    options = {"yield_per": ENTRIES_A_READ}
    with connection.execute(statement, execution_options=options) as rows:
        yield from map(_entry, rows)


def verify(entries: Iterable[Entry], noted: str | None = None) -> Verified:
    """Recomputes the chain.

    Args:
        entries: all of them, oldest first.
        noted: a head that was noted earlier, which must still be in the chain.
    """
    head, count, broken = GENESIS, 0, None
    found = noted == GENESIS
    for entry in entries:
        members = {name: getattr(entry, name) for name in _LINKED}
        if entry.seq != count + 1 or entry.chain != _link(head, members):
            broken = count + 1
            break
        head, count = entry.chain, count + 1
        found = found or head == noted
    return Verified(count, head, broken, None if noted is None else found)


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__slots__})


def _link(before: str, entry: dict[str, Any]) -> str:
    linked = [before, entry | {"at": milliseconds(entry["at"])}]
    text = json.dumps(linked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
