"""How the server reaches the jobs: it enqueues and cancels; a worker, another process, does them.

DBOS is imported when the first job is asked for: a server that only reads faces never loads it.
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
"""What each audit that a tenant already has unended puts the next one back by.

So who asks for many is passed by who asks for one, and yet nobody waits for ever.
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
        self._made: DBOSClient | None = None
        self._making = threading.Lock()

    def audit(self, id_: str) -> None:
        """Has an audit made that the store knows; asking again changes nothing."""
        with self._database.read() as connection:
            place = audits.place(connection, id_)
        if place is None:
            return
        asked_s = int((place.created - _BEGINNING).total_seconds())
        self._client().enqueue(
            {
                "workflow_name": AUDIT,
                "queue_name": SMALL if place.size <= SMALL_BYTES else LARGE,
                "workflow_id": id_,
                "priority": max(1, asked_s + HANDICAP_S * place.ahead),
            },
            id_,
        )
        self._wanted()

    def cancel(self, id_: str) -> None:
        """Stops a job at its next step."""
        self._client().cancel_workflow(id_)

    def forget(self, id_: str) -> None:
        """Removes what is kept of a job that has ended."""
        self._client().delete_workflow(id_)

    def resume(self) -> None:
        """Asks again for all audits that have not ended.

        The store and the jobs may be two databases: a server killed after it wrote an audit down
        and before it asked for it has asked for it now.
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
        if self._made is not None:
            self._made.destroy()

    def _client(self) -> "DBOSClient":
        with self._making:
            if self._made is None:
                from dbos import DBOS, DBOSClient

                from faceveil.jobs.serialization import JSON_OF_STEPS

                url = jobs_url(self._database).render_as_string(hide_password=False)
                DBOS.migrate(url, schema=SCHEMA)
                self._made = DBOSClient(
                    system_database_url=url,
                    dbos_system_schema=SCHEMA,
                    application_name=NAME,
                    serializer=JSON_OF_STEPS,
                )
            return self._made
