"""How the server reaches the jobs: it enqueues and cancels; a worker, another process, does them.

DBOS is imported with the first job: a server that only reads faces never loads it.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import URL

from faceveil.store import audits
from faceveil.store.database import Database

if TYPE_CHECKING:
    from dbos import DBOSClient

NAME = "faceveil"
LARGE, SMALL = QUEUES = ("audits", "small audits")
"""Lines in which audits wait: a worker makes one of each at a time."""

SMALL_BYTES = 2**20
"""Size of what is audited up to which an audit is small."""

HANDICAP_S = 3600
"""Seconds that each unended audit of a tenant puts its next one back.

So a tenant with one audit passes one with many, and yet nobody waits for ever.
"""

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
AUDIT = "audit"
"""Name of the workflow that makes one."""

SCHEMA = "dbos"

_GIVEN_UP = {"ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}
"""States of a workflow that ended without having ended its audit."""


def jobs_url(database: Database) -> URL:
    """Where jobs are kept: in the same PostgreSQL, or in an SQLite file beside the store's."""
    if database.sqlite is None:
        return database.url
    file = database.sqlite.with_name("jobs.db")
    file.touch(mode=0o600)
    return database.url.set(database=str(file))


class Jobs:
    """The server's side. Safe to share between threads; its methods block."""

    def __init__(self, database: Database, wanted: Callable[[], None] = lambda: None) -> None:
        """Prepares; nothing is connected yet.

        Args:
            database: the store's.
            wanted: called when there is work, so that a worker is started where none runs.
        """
        self._database = database
        self._wanted = wanted
        self._dbos: DBOSClient | None = None
        self._connecting = threading.Lock()

    def audit(self, id_: str) -> None:
        """Enqueues an audit that the store knows; to do so again changes nothing."""
        with self._database.read() as connection:
            place = audits.place(connection, id_)
        if place is None:
            return
        requested_s = int((place.created - _BEGINNING).total_seconds())
        self._client().enqueue(
            {
                "workflow_name": AUDIT,
                "queue_name": SMALL if place.size <= SMALL_BYTES else LARGE,
                "workflow_id": id_,
                "priority": max(1, requested_s + HANDICAP_S * place.ahead),
            },
            id_,
        )
        self._wanted()

    def cancel(self, id_: str) -> None:
        """Stops a job at its next step."""
        self._client().cancel_workflow(id_)

    def forget(self, id_: str) -> None:
        """Deletes a job that has ended."""
        self._client().delete_workflow(id_)

    def resume(self) -> None:
        """Enqueues all audits that have not ended.

        The store and the jobs may be two databases: a server may have been killed after it wrote an
        audit down and before it enqueued it.
        """
        with self._database.read() as connection:
            waiting = audits.unended(connection)
        for id_ in waiting:
            self.audit(id_)
            status = self._client().retrieve_workflow(id_).get_status().status
            if status in _GIVEN_UP:
                with self._database.write() as connection:
                    audits.fail(connection, id_, "The worker gave it up; its log tells why.")

    def close(self) -> None:
        """Closes the connections."""
        if self._dbos is not None:
            self._dbos.destroy()

    def _client(self) -> "DBOSClient":
        with self._connecting:
            if self._dbos is None:
                from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

                url = jobs_url(self._database).render_as_string(hide_password=False)
                DBOS.migrate(url, schema=SCHEMA)
                self._dbos = DBOSClient(
                    system_database_url=url,
                    dbos_system_schema=SCHEMA,
                    application_name=NAME,
                    serializer=DBOSPortableJSONSerializer(),
                )
            return self._dbos
