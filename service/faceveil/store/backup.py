"""A backup: everything that is stored, as it was at one moment, in one file."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, func, select

from faceveil.store import access_log, tables
from faceveil.store.archive import Manifest, Writer
from faceveil.store.database import HEAD, Database, DatabaseError
from faceveil.store.secret_keys import KeyName

TABLES = (
    tables.key_digests,
    tables.keys,
    tables.erasures,
    tables.features,
    tables.audits,
    tables.audit_subjects,
    tables.replays,
    tables.access_log,
)
"""All but what audits work on, which is a copy of features."""

ROWS_A_READ = 1000


def write_backup(
    database: Database,
    path: Path,
    secret_keys: dict[KeyName, bytes],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Manifest:
    """Writes a backup while servers go on; the file is there whole or not at all.

    It reads for as long as it takes, and what is erased meanwhile leaves the files afterwards.

    Args:
        database: of which.
        path: a file that is not there yet.
        secret_keys: those that go into it.
        progress: called now and then with rows done, of how many.

    Raises:
        DatabaseError: if the access log does not hold.
        StoreBusy: if the database does not answer.
        OSError: if the file cannot be written, or is there.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent) as draft:  # mode 600
        with database.read(snapshot=True) as connection:
            moment = tables.now()
            verified = access_log.verify(access_log.streamed(connection))
            if verified.broken is not None:
                raise DatabaseError(
                    f"The access log does not hold from entry {verified.broken} on, so that no "
                    "restore would take this backup. Nothing was written. Keep a copy of the "
                    "database's own files, and see who changed it."
                )
            writer = Writer(draft)
            for name, key in secret_keys.items():
                writer.key(name, key)
            _write_tables(writer, connection, progress)
        manifest = writer.finish(
            made=moment, migration=HEAD, log_entries=verified.entries, log_head=verified.head
        )
        draft.flush()
        os.fsync(draft.fileno())
        os.link(draft.name, path)
    return manifest


def _write_tables(
    writer: Writer, connection: Connection, progress: Callable[[int, int], None]
) -> None:
    total = sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES)
    done = 0
    for table in TABLES:
        statement = select(table).order_by(*table.primary_key)
        rows = connection.execute(statement, execution_options={"yield_per": ROWS_A_READ})
        for _ in writer.table(table, rows):
            done += 1
            if done % ROWS_A_READ == 0 or done == total:
                progress(done, total)
