"""Workers tell that they live; who does not is told to one of the others."""

from datetime import timedelta

from sqlalchemy import update

from faceveil.jobs.heartbeat import DEAD_AFTER, beat, forget
from faceveil.store.database import Database
from faceveil.store.tables import now, workers


def test_a_worker_that_fell_silent_is_told_until_it_is_forgotten(database: Database) -> None:
    assert beat(database, "one") == []
    assert beat(database, "other") == []
    with database.write() as connection:
        silent = now() - DEAD_AFTER - timedelta(seconds=1)
        connection.execute(update(workers).where(workers.c.name == "one").values(beat=silent))
    assert beat(database, "other") == ["one"]
    assert beat(database, "other") == ["one"]
    forget(database, "one")
    assert beat(database, "other") == []


def test_a_worker_that_beats_again_lives(database: Database) -> None:
    beat(database, "one")
    with database.write() as connection:
        connection.execute(update(workers).values(beat=now() - DEAD_AFTER * 2))
    assert beat(database, "one") == []
