"""Workers on one PostgreSQL tell each other that they live, and take over from one that died."""

import logging
import threading
from datetime import UTC, datetime, timedelta

from dbos import DBOS
from sqlalchemy import delete, insert, select, update

from faceveil.problems import StoreBusy
from faceveil.store.database import Database
from faceveil.store.tables import workers

EVERY_S = 10.0
DEAD_AFTER = timedelta(seconds=60)

logger = logging.getLogger("faceveil.jobs")


def beat_until(stopping: threading.Event, database: Database, name: str) -> None:
    """Beats every few seconds until it has to stop, and looks after the others meanwhile."""
    while not stopping.is_set():
        try:
            for dead in beat(database, name):
                logger.warning("a worker died", extra={"worker": dead})
                DBOS._recover_pending_workflows([dead])  # harmless where another did so too
                forget(database, dead)
        except StoreBusy:
            logger.warning("the store does not answer")
        stopping.wait(EVERY_S)
    forget(database, name)


def beat(database: Database, name: str) -> list[str]:
    """Writes down that a worker lives; returns those that have not done so for a minute."""
    now = datetime.now(UTC)
    with database.write() as connection:
        again = update(workers).where(workers.c.name == name).values(beat=now)
        if connection.execute(again).rowcount == 0:
            connection.execute(insert(workers), {"name": name, "beat": now})
        silent = select(workers.c.name).where(workers.c.beat < now - DEAD_AFTER)
        return list(connection.scalars(silent))


def forget(database: Database, name: str) -> None:
    """Takes a worker off the list."""
    with database.write() as connection:
        connection.execute(delete(workers).where(workers.c.name == name))
