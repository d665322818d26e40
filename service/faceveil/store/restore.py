"""A restore: a backup into an empty store, or in place of what the same store holds now.

What was erased, deleted or revoked since the backup stays so wherever the store still knows of it:
its receipts, its access log and its keys are kept, and the backup's added.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from faceveil.store import access_log, audits, features, tables
from faceveil.store.access_log import Entry
from faceveil.store.archive import ArchiveError, Reader
from faceveil.store.backup import TABLES
from faceveil.store.database import HEAD, Database
from faceveil.store.locks import hold
from faceveil.store.scrubbing import owe
from faceveil.store.secret_keys import KeyName
from faceveil.store.subjects import trace

_WITH_PEOPLE = (
    *(tables.audit_inputs, tables.audit_subjects, tables.audits),
    *(tables.features, tables.replays),
)
"""Tables that a restore replaces, and from which it so deletes what was of people."""

_ROWS_A_WRITE = 1000
_UNDER_WAY = "It was being made when the backup was. Start it anew."


class RestoreError(Exception):
    """The backup cannot go into this store; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Since:
    """What the store knows of the time since the backup.

    Attributes:
        erased: traces of the people whose receipts the backup has not: all that it has of them was
            erased later. No clock is asked, for it may have been set back.
        untraced: such receipts that do not tell of whom, for an earlier release wrote them: what
            they erased may come back.
        deleted: ids of features and audits that were deleted one by one.
    """

    erased: frozenset[str]
    untraced: int
    deleted: frozenset[str]

    def has(self, tenant: str, subject: str) -> bool:
        """Whether a person was erased."""
        return trace(tenant, subject) in self.erased


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        features: how many are there now.
        left_out: how many of the backup's were erased or deleted since, or are past the retention.
        audits: how many are there now.
    """

    features: int
    left_out: int
    audits: int


def key_digests_of(backup: Reader) -> dict[KeyName, str]:
    """The digests of the keys that what the backup holds was made with."""
    return {KeyName(row["name"]): row["digest"] for row in backup.rows(tables.key_digests)}


def held(connection: Connection) -> dict[str, int]:
    """Rows of each table that a restore would replace or add to; none of an empty store."""
    counted = [table for table in TABLES if table is not tables.key_digests]
    return {table.name: rows for table in counted if (rows := _count(connection, table))}


def since(connection: Connection, backup: Reader) -> Since:
    """What the store knows of the time since the backup."""
    before = {row["id"] for row in backup.rows(tables.erasures)}
    later = [row for row in connection.execute(select(tables.erasures)) if row.id not in before]
    erased = frozenset(row.trace for row in later if row.trace is not None)
    untraced = sum(row.trace is None and row.features > 0 for row in later)
    deleted = {
        str(entry.detail.get("feature") or entry.detail.get("audit"))
        for entry in access_log.streamed(connection)
        if entry.action in ("deleted", "removed audit")
    }
    return Since(erased, untraced, frozenset(deleted))


def check(backup: Reader) -> None:
    """Makes sure that the backup is whole and that its access log holds.

    Raises:
        ArchiveError: if it is damaged.
        RestoreError: if it is of a newer release.
    """
    manifest = backup.manifest
    if manifest.migration > HEAD:
        raise RestoreError(
            f"The backup is of a newer FaceVeil (migration {manifest.migration}; this one knows up "
            f"to {HEAD})."
        )
    backup.check()
    found = access_log.verify(_log(backup))
    if found.broken is not None:
        raise ArchiveError(f"The backup's access log does not hold from entry {found.broken} on.")
    if (found.entries, found.head) != (manifest.log_entries, manifest.log_head):
        raise ArchiveError("The backup's access log is not the one that its manifest tells of.")


def restore(database: Database, backup: Reader, retention_days: float | None) -> Restored:
    """Puts a backup in, all of it in one transaction.

    Args:
        database: where.
        backup: one that `check` let pass.
        retention_days: what is older is left out; None leaves nothing out.

    Raises:
        RestoreError: if the store's access log is another one than the backup's.
        StoreBusy: if the database does not answer.
    """
    with database.write() as connection:
        hold(connection, "restore")
        known = since(connection, backup)
        _join_logs(connection, backup)
        _join_keys(connection, backup)
        _add_new_erasures(connection, backup)
        for table in (*_WITH_PEOPLE, tables.key_digests):
            connection.execute(delete(table))
        for table in (tables.key_digests, tables.replays):
            _insert(connection, table, backup.rows(table))
        _insert(connection, tables.features, _not_erased(backup, known))
        if retention_days is not None:
            features.remove_older(connection, retention_days)
        _insert_audits(connection, backup, known)
        owe(connection, *_WITH_PEOPLE)
        stored = _count(connection, tables.features)
        done = Restored(
            features=stored,
            left_out=backup.manifest.rows(tables.features) - stored,
            audits=_count(connection, tables.audits),
        )
        detail = {"backup": backup.manifest.digest, "features": stored, "audits": done.audits}
        access_log.append(connection, "default", "cli", "restored", detail)
    return done


def _log(backup: Reader) -> Iterator[Entry]:
    return (Entry(**row) for row in backup.rows(tables.access_log))


def _join_logs(connection: Connection, backup: Reader) -> None:
    """Leaves the store's log where it continues the backup's; else adds the rest of the backup's.

    Raises:
        RestoreError: if neither goes on from the other: entries are never removed.
    """
    own = access_log.verify(access_log.streamed(connection), backup.manifest.log_head)
    if own.broken is not None:
        raise RestoreError(
            f"The store's own access log does not hold from entry {own.broken} on. Restore into an "
            "empty store, and keep this one for whoever looks into that."
        )
    if own.noted:
        return
    if not access_log.verify(_log(backup), own.head).noted:
        raise RestoreError(
            "The backup is of another store: neither access log goes on from the other, and none "
            "is ever replaced. Restore into an empty store: move the state folder away, or name "
            "another database."
        )
    rows = (row for row in backup.rows(tables.access_log) if row["seq"] > own.entries)
    _insert(connection, tables.access_log, rows)


def _join_keys(connection: Connection, backup: Reader) -> None:
    """Adds the backup's API keys; one that was revoked here or there stays revoked."""
    keys = tables.keys
    own = {row.id: row for row in connection.execute(select(keys))}
    rows = list(backup.rows(keys))
    _insert(connection, keys, (row for row in rows if row["id"] not in own))
    for row in rows:
        if row["revoked"] is not None and row["id"] in own and own[row["id"]].revoked is None:
            change = update(keys).where(keys.c.id == row["id"]).values(revoked=row["revoked"])
            connection.execute(change)


def _not_erased(backup: Reader, known: Since) -> Iterator[dict[str, Any]]:
    for row in backup.rows(tables.features):
        gone = row["id"] in known.deleted
        if not gone and not known.has(row["tenant"], row["subject"]):
            yield row


def _insert_audits(connection: Connection, backup: Reader, known: Since) -> None:
    tenants = {}
    for row in backup.rows(tables.audits):
        if row["id"] not in known.deleted:
            tenants[row["id"]] = row["tenant"]
            _insert(connection, tables.audits, [row])
    people = [row for row in backup.rows(tables.audit_subjects) if row["audit"] in tenants]
    _insert(connection, tables.audit_subjects, people)
    for id_ in audits.unended(connection):
        audits.fail(connection, id_, _UNDER_WAY)
    for tenant, subject in sorted({(tenants[row["audit"]], row["subject"]) for row in people}):
        if known.has(tenant, subject):
            audits.forget(connection, tenant, subject)


def _add_new_erasures(connection: Connection, backup: Reader) -> None:
    there = set(connection.scalars(select(tables.erasures.c.id)))
    rows = (row for row in backup.rows(tables.erasures) if row["id"] not in there)
    _insert(connection, tables.erasures, rows)


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    rest = iter(rows)
    while part := list(islice(rest, _ROWS_A_WRITE)):
        connection.execute(insert(table), part)
