"""The database: SQLite in a file, or PostgreSQL by its URL; the same statements on both."""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import DatabaseError as DriversError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from faceveil.problems import StoreBusy
from faceveil.settings import Settings
from faceveil.statefolder import must_be_usable, state_folder
from faceveil.store import occupancy
from faceveil.store.locks import hold
from faceveil.store.tables import metadata

HEAD = "0004"
"""The newest migration; a test holds it to the folder `migrations`."""

CONNECTIONS = 16
WAIT_S = 10.0
_TABLES = metadata.tables
BUSY_MS = 10_000
"""How long a transaction waits for the one that writes."""

SCRUB_MS = 50
"""How long one try to empty SQLite's log holds writers up."""

OLDER_S = 2.0
"""How long one try on PostgreSQL waits for transactions that began before it, and for its lock."""

_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": occupancy.SESSION,
}
"""Of a connection to PostgreSQL, where the URL does not say: our name, and when a line that carries
nothing any more is given up. The system's own two hours would hold up every thread that was waiting
for an answer when a machine went away."""

_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_REASONS = {
    sqlite3.SQLITE_BUSY: "another process has it locked. See whether one hangs.",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. See who owns it and its folder.",
    sqlite3.SQLITE_FULL: "the disk is full.",
    sqlite3.SQLITE_IOERR: "the disk fails; its log tells more.",
    sqlite3.SQLITE_READONLY: "it may not be written. See who owns it and its folder.",
}
_NOT_OURS = {sqlite3.SQLITE_LOCKED, *_REASONS}


class DatabaseError(Exception):
    """The database cannot be used; the message is a sentence for the operator."""


class Database:
    """A pool of connections. Safe to share between threads.

    Attributes:
        engine: SQLAlchemy's; parameters never show in its errors, for they are people's data.
        sqlite: the database's file; None with PostgreSQL.
        scrubbing: held by whoever has the files scrubbed.
        url: SQLAlchemy's; it may hold a password.
    """

    def __init__(self, url: str) -> None:
        """Prepares the connections; the first one is made when it is needed.

        Args:
            url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.

        Raises:
            DatabaseError: if it is neither.
        """
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise DatabaseError("The store's URL is none; it begins with postgresql://.") from None
        backend = parsed.get_backend_name()
        if backend not in {"sqlite", "postgresql"}:
            raise DatabaseError(f"The store cannot be {backend}; it can be PostgreSQL or SQLite.")
        self.sqlite = Path(parsed.database or "") if backend == "sqlite" else None
        if backend == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        line = {} if self.sqlite else {n: v for n, v in _LINE.items() if n not in parsed.query}
        self.engine: Engine = create_engine(
            parsed,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=WAIT_S,
            pool_pre_ping=self.sqlite is None,
            hide_parameters=True,
            connect_args=line,
        )
        if self.sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writing = self.engine.execution_options(writes=True)
        self._entered: int | None = None
        self.scrubbing = threading.Lock()

    @contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """A transaction that only reads.

        Args:
            snapshot: whether it reads everything as it was at one moment.

        Raises:
            StoreBusy: if the database cannot be reached, or is locked.
        """
        with self._answered(), self.engine.connect() as connection:
            if snapshot and self.sqlite is None:  # SQLite does so always
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it is durable when this ends, or none of it.

        Raises:
            StoreBusy: if the database cannot be reached, or is locked.
        """
        with self._answered(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """A connection for what no transaction may hold: VACUUM, checkpoints."""
        with self._answered(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def enter(self) -> None:
        """Lets a restore know of whoever has an SQLite file open; PostgreSQL knows by itself.

        Raises:
            DatabaseError: if a restore is under way.
        """
        if self.sqlite is not None:
            try:
                self._entered = occupancy.enter(self.sqlite)
            except BlockingIOError:
                raise DatabaseError(
                    "A restore is under way. Start again when it is done."
                ) from None

    def must_be_alone(self) -> None:
        """Lets pass whoever has the database alone, and nobody else into an SQLite file afterwards.

        Raises:
            DatabaseError: if a server, a worker or another command has it open.
            StoreBusy: if the database cannot be reached.
        """
        if self._entered is not None:
            alone = occupancy.lock_alone(self._entered)
        else:
            with self.outside_transactions() as connection:
                alone = occupancy.is_alone(connection)
        if not alone:
            raise DatabaseError(
                "A server, a worker or another command has the store open. Stop it first: it would "
                "go on with what it knows of the store as it was."
            )

    def version(self) -> str | None:
        """The migration that the database is at; None where it is empty."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found

    def migrate(self, target: str = HEAD) -> None:
        """Makes the tables, or brings them to what this code knows.

        Raises:
            DatabaseError: if the database is of a newer FaceVeil.
        """
        current = self.version()
        if current == target:
            return
        if current is not None and current > HEAD:
            raise DatabaseError(
                f"The database is of a newer FaceVeil (migration {current}; this one knows up to "
                f"{HEAD}). Start that one, or restore a backup."
            )
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._migrating() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, target)

    @contextmanager
    def _migrating(self) -> Iterator[Connection]:
        """One process migrates; another that starts at once waits, then finds it done."""
        if self.sqlite is None:
            with self.write() as connection:
                hold(connection, "migration")
                yield connection
            return
        with Path(f"{self.sqlite}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self.write() as connection:
                yield connection

    def check(self) -> None:
        """Checks an SQLite file for damage; PostgreSQL does so itself.

        Raises:
            DatabaseError: if it is damaged.
        """
        if self.sqlite is not None:
            with self.read() as connection:
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            if found != "ok":
                raise DatabaseError(_damaged(self.sqlite))

    def scrub(self, tables: Iterable[str]) -> bool:
        """Tries to remove deleted rows from the files as well; `scrubbing` calls it.

        SQLite has overwritten it with zeros (`secure_delete`), and the write-ahead log, which still
        holds its earlier pages, is emptied here. PostgreSQL's table is written anew without the
        dead rows; its write-ahead log and backups are the operator's, and keep what they keep.

        A try is short: while it waits for readers, it holds up all writers.

        Args:
            tables: from which something was deleted.

        Returns:
            False if a reader still holds it there.

        Raises:
            StoreBusy: if the database cannot be reached.
        """
        with self.outside_transactions() as connection:
            if self.sqlite:
                return _emptied(connection)
            if not _older_transactions_ended(connection):
                return False
            return all(_written_anew(connection, _TABLES[table].name) for table in tables)

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()
        if self._entered is not None:
            os.close(self._entered)
            self._entered = None

    @contextmanager
    def _answered(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:  # no connection became free
            raise StoreBusy(StoreBusy.example, cause="no connection is free") from error
        except DriversError as error:
            code = _sqlite_code(error)
            if code in _BROKEN:
                raise DatabaseError(_damaged(self.sqlite)) from error
            # SQLite calls a mistake in a statement by the same name as a locked file.
            if not isinstance(error, OperationalError) or (
                code is not None and code not in _NOT_OURS
            ):
                raise
            raise StoreBusy(StoreBusy.example, cause=_name(error)) from error


def open_database(settings: Settings) -> Database:
    """The configured database, with its tables.

    Raises:
        DatabaseError: if it cannot be reached, is damaged, or is of a newer FaceVeil.
        StateFolderError: if it is a file in the state folder, and that cannot be used.
    """
    url = settings.store.url
    if url is not None:
        return _migrated(Database(url.get_secret_value()))
    with state_folder(settings.state_directory) as folder:
        file = folder / "faceveil.db"
        # Also what will be written later: now there is somebody to read what is wrong.
        must_be_usable(folder, *folder.glob(f"{file.name}*"), *folder.glob("jobs.db*"))
        must_be_usable(folder / "worker.lock")
        if not file.exists():
            file.touch(mode=0o600)
        return _migrated(Database(f"sqlite:///{file}"))


def _migrated(database: Database) -> Database:
    try:
        database.enter()
        database.migrate()
    except StoreBusy as busy:
        database.close()
        raise _unusable(database.sqlite, busy) from None
    except BaseException:
        database.close()
        raise
    return database


def _emptied(connection: Connection) -> bool:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {SCRUB_MS}")
    try:
        blocked = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").first()
        return blocked is not None and not blocked[0]
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_MS}")


def _written_anew(connection: Connection, table: str) -> bool:
    """VACUUM FULL, unless a reader has the table: all others would queue behind the two."""
    connection.exec_driver_sql(f"SET lock_timeout = '{OLDER_S}s'")
    try:
        connection.execute(text(f"VACUUM FULL {table}"))
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return False
    finally:
        connection.exec_driver_sql("RESET lock_timeout")
    return True


def _older_transactions_ended(connection: Connection) -> bool:
    """Waits for PostgreSQL's transactions that began before now, and so may still see dead rows.

    VACUUM keeps what one of them could see, and what it could not tell from that by its own
    snapshot, whose horizon is the oldest transaction that writes in any database of the server.
    Most last milliseconds; False where one lasts on.
    """
    mine = connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()
    older = text(
        "SELECT pg_snapshot_xmin(pg_current_snapshot()) < CAST(:mine AS xid8) "
        "OR EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND "
        "greatest(age(backend_xid), age(backend_xmin)) > age(CAST(CAST(:mine AS xid8) AS xid)))"
    )
    until = time.monotonic() + OLDER_S
    while connection.execute(older, {"mine": mine}).scalar_one():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def _unusable(file: Path | None, busy: StoreBusy) -> DatabaseError:
    if file is None:
        # Not the error's own text: it may quote the URL, which holds a password.
        return DatabaseError(
            "The store cannot be reached, or is locked. Check FACEVEIL_STORE__URL, and that its "
            "server runs and lets this one in."
        )
    reason = _REASONS.get(_sqlite_code(busy.__cause__) or 0, "it cannot be read.")
    return DatabaseError(f"The store {file} cannot be used: {reason}")


def _damaged(file: Path | None) -> str:
    return (
        f"The store {file} is damaged, or is no database. Move it away, with the files beside it "
        "that begin with its name, and put a backup back: `faceveil restore FILE`."
    )


def _sqlite_code(error: BaseException | None) -> int | None:
    """SQLite's primary error code; None where it has none."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _name(error: OperationalError) -> str:
    """What the database calls it: SQLITE_FULL, or PostgreSQL's SQLSTATE; nothing of the data."""
    orig = error.orig
    name = getattr(orig, "sqlite_errorname", None) or getattr(orig, "sqlstate", None)
    return str(name or "it cannot be reached")


def _prepare_sqlite(connection: Any, _: object) -> None:
    # SQLAlchemy begins transactions, not the driver, which would leave out reads and DDL.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: one that read first would be refused without waiting.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
