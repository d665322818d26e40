"""A restore: a backup into an empty store, or in place of what the same store holds now.

What was erased, deleted or revoked since the backup stays so wherever the store still knows of it:
its receipts, its access log and its keys are kept, and the backup's added.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from faceveil.store import access_log, audits
from faceveil.store import features as kept_features
from faceveil.store.access_log import Entry
from faceveil.store.archive import ArchiveError, Reader
from faceveil.store.backup import TABLES
from faceveil.store.database import HEAD, Database
from faceveil.store.locks import hold
from faceveil.store.scrubbing import owe
from faceveil.store.secret_keys import KeyName
from faceveil.store.subjects import trace
from faceveil.store.tables import (
    access_log as log_table,
)
from faceveil.store.tables import (
    audit_inputs,
    audit_subjects,
    erasures,
    features,
    key_digests,
    keys,
    replays,
)
from faceveil.store.tables import audits as audits_table

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
    return {KeyName(row["name"]): row["digest"] for row in backup.rows(key_digests)}


def held(connection: Connection) -> dict[str, int]:
    """Rows of each table that a restore would replace or add to; none of an empty store."""
    counts = {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in TABLES
        if table is not key_digests
    }
    return {name: count for name, count in counts.items() if count}


def since(connection: Connection, backup: Reader) -> Since:
    """What the store knows of the time since the backup."""
    before = {row["id"] for row in backup.rows(erasures)}
    later = [row for row in connection.execute(select(erasures)) if row.id not in before]
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
        _add_new(connection, erasures, backup.rows(erasures))
        for table in (audit_inputs, audit_subjects, audits_table, features, replays, key_digests):
            connection.execute(delete(table))
        for table in (key_digests, replays):
            _insert(connection, table, backup.rows(table))
        _insert(connection, features, _still_kept(backup, known))
        if retention_days is not None:
            kept_features.remove_older(connection, retention_days)
        _insert_audits(connection, backup, known)
        owe(connection, features, audits_table, audit_inputs, audit_subjects, replays)
        counts = [
            connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (features, audits_table)
        ]
        told = {"backup": backup.manifest.digest, "features": counts[0], "audits": counts[1]}
        access_log.append(connection, "default", "cli", "restored", told)
    return Restored(counts[0], backup.manifest.rows(features) - counts[0], counts[1])


def _log(backup: Reader) -> Iterator[Entry]:
    return (Entry(**row) for row in backup.rows(log_table))


def _join_logs(connection: Connection, backup: Reader) -> None:
    """Keeps the store's log where it goes on from the backup's; else goes on with the backup's.

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
    rows = (row for row in backup.rows(log_table) if row["seq"] > own.entries)
    _insert(connection, log_table, rows)


def _join_keys(connection: Connection, backup: Reader) -> None:
    """Adds the backup's API keys; one that was revoked here or there stays revoked."""
    own = {row.id: row for row in connection.execute(select(keys))}
    rows = list(backup.rows(keys))
    _insert(connection, keys, (row for row in rows if row["id"] not in own))
    for row in rows:
        if row["revoked"] is not None and row["id"] in own and own[row["id"]].revoked is None:
            change = update(keys).where(keys.c.id == row["id"]).values(revoked=row["revoked"])
            connection.execute(change)


def _still_kept(backup: Reader, known: Since) -> Iterator[dict[str, Any]]:
    for row in backup.rows(features):
        gone = row["id"] in known.deleted
        if not gone and not known.has(row["tenant"], row["subject"]):
            yield row


def _insert_audits(connection: Connection, backup: Reader, known: Since) -> None:
    kept = {}
    for row in backup.rows(audits_table):
        if row["id"] not in known.deleted:
            kept[row["id"]] = row["tenant"]
            _insert(connection, audits_table, [row])
    people = [row for row in backup.rows(audit_subjects) if row["audit"] in kept]
    _insert(connection, audit_subjects, people)
    for id_ in audits.unended(connection):
        audits.fail(connection, id_, _UNDER_WAY)
    whose = {(kept[row["audit"]], row["subject"]) for row in people}
    erased = {one for one in whose if known.has(*one)}
    for tenant, subject in sorted(erased):
        audits.forget(connection, tenant, subject)


def _add_new(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    there = set(connection.scalars(select(table.c.id)))
    _insert(connection, table, (row for row in rows if row["id"] not in there))


def _insert(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    rest = iter(rows)
    while part := list(islice(rest, _ROWS_A_WRITE)):
        connection.execute(insert(table), part)
