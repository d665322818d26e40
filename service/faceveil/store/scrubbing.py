"""Removes what was deleted from the database's files too; until then it is written down as owed."""

import asyncio
import logging
import threading
import time
from concurrent.futures import Future
from datetime import datetime

from sqlalchemy import Connection, Table, delete, insert, select

from faceveil.problems import StoreBusy
from faceveil.store.database import Database, DatabaseError
from faceveil.store.ids import new_id
from faceveil.store.tables import now, scrubs

ANSWERED_S = 3.0
"""How long a request waits for what it deleted to be gone."""

PAUSE_S, MOST_PAUSE_S = 0.1, 1.0
"""Between two tries, while somebody reads."""

NOT_YET = (
    "It is deleted, but not yet gone from the database's files, for somebody still reads what was "
    "there before: a backup, or a program that has the database open. It goes when they end."
)

logger = logging.getLogger("faceveil")


def owe(connection: Connection, *tables: Table) -> None:
    """Writes down, within a transaction, which tables it deletes from."""
    names = ",".join(sorted(table.name for table in tables))
    connection.execute(insert(scrubs), {"id": new_id(), "tables": names, "since": now()})


def owed(connection: Connection, at: datetime) -> bool:
    """Whether something that was deleted up to this moment has not left the files."""
    return connection.scalar(select(scrubs.c.id).where(scrubs.c.since <= at).limit(1)) is not None


def try_to_settle(database: Database) -> bool:
    """Tries to remove from the files everything that is owed, also what a crash left so.

    One thread at a time: whoever waited finds its debt settled by the one before.

    Returns:
        False if a reader still holds it there; it stays owed.

    Raises:
        StoreBusy: if the database cannot be reached; it stays owed.
    """
    with database.scrubbing:
        with database.read() as connection:
            rows = connection.execute(select(scrubs.c.id, scrubs.c.tables)).all()
        if not rows:
            return True
        if not database.scrub(sorted({table for row in rows for table in row.tables.split(",")})):
            return False
        with database.write() as connection:
            connection.execute(delete(scrubs).where(scrubs.c.id.in_([row.id for row in rows])))
        return True


def settle(database: Database, patience_s: float = 30.0) -> None:
    """Removes from the files everything that is owed; blocks.

    Raises:
        StoreBusy: if a reader still holds it there; it stays owed.
    """
    until = time.monotonic() + patience_s
    while not try_to_settle(database):
        if time.monotonic() > until:
            raise StoreBusy(NOT_YET)
        time.sleep(PAUSE_S)


class Scrubber:
    """A thread that settles what is owed, however long that takes.

    Requests wait for it a moment, in the event loop and on no thread of the store's.
    """

    def __init__(self, database: Database) -> None:
        """Prepares; the thread starts when there is something to do."""
        self._database = database
        self._changed = threading.Condition()
        self._waiting: list[Future[None]] = []
        self._wanted = self._closing = False
        self._thread: threading.Thread | None = None

    def wake(self) -> "Future[None]":
        """Wakes the thread; the future is done when all that is owed is gone."""
        request: Future[None] = Future()
        with self._changed:
            self._waiting.append(request)
            self._wanted = True
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._work, name="faceveil-scrubber")
                self._thread.start()
            self._changed.notify()
        return request

    async def gone(self) -> None:
        """Returns once everything that is deleted by now has left the files.

        Raises:
            StoreBusy: if a reader still holds it there; the thread goes on trying.
        """
        try:
            await asyncio.wait_for(asyncio.wrap_future(self.wake()), ANSWERED_S)
        except TimeoutError:
            raise StoreBusy(NOT_YET) from None

    def close(self) -> None:
        """Stops; what is still owed is settled at the next start."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        for request in self._waiting:
            request.cancel()

    def _work(self) -> None:
        pause = PAUSE_S
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._closing)
                if self._closing:
                    return
                self._wanted = False
                served, self._waiting = self._waiting, []
            if self._settled():
                pause = PAUSE_S
                for request in served:
                    if request.set_running_or_notify_cancel():
                        request.set_result(None)
                continue
            with self._changed:
                self._waiting = [one for one in served if not one.cancelled()] + self._waiting
                self._wanted = True
                if not self._closing:
                    self._changed.wait_for(lambda: self._closing, pause)
            pause = min(2 * pause, MOST_PAUSE_S)

    def _settled(self) -> bool:
        try:
            return try_to_settle(self._database)
        except (StoreBusy, DatabaseError):
            logger.warning("the store does not answer; what was erased is still in its files")
        except Exception:
            logger.exception("what was erased could not be taken out of the files")
        return False
