"""What happens by itself: what is past its retention goes, and all that is stored is audited."""

from datetime import timedelta

import numpy as np
from sqlalchemy import insert, select, update

from faceveil.jobs.client import Jobs
from faceveil.jobs.schedules import audit_everything, sweep
from faceveil.settings import Settings
from faceveil.store import access_log, audits, features, subjects, tables
from faceveil.store.database import Database
from faceveil.store.features import Made, NewFeature
from faceveil.store.tables import features as table
from faceveil.store.tables import now
from tests.databases import bytes_of, traces


class RecordingJobs(Jobs):
    """Asks nobody, and keeps what was asked."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked: list[str] = []

    def audit(self, id_: str) -> None:
        self.asked.append(id_)


def _add(database: Database, tenant: str, model: str, people: int) -> list[NewFeature]:
    rng = np.random.default_rng(people)
    new = [
        NewFeature(f"{number % people:032x}", rng.normal(size=16).astype(np.float32))
        for number in range(2 * people)
    ]
    with database.write() as connection:
        features.add(connection, tenant, Made(model, "1.0.0", "balanced"), new)
    return new


def test_a_sweep_erases_what_is_old_from_the_files_too(database: Database, kept: Settings) -> None:
    old = _add(database, "a", "m", 2)
    with database.write() as connection:
        connection.execute(update(table).values(stored=now() - timedelta(days=31)))
    young = _add(database, "b", "m", 3)
    sweep(database, 30)
    files = bytes_of(kept)
    assert not any(one.embedding.tobytes() in files for one in old)
    assert all(one.embedding.tobytes() in files for one in young)
    (entry,) = access_log.entries(database)
    assert (entry.tenant, entry.actor, entry.action) == ("a", "worker", "expired")
    assert entry.detail == {"features": 4}


def test_a_sweep_ends_what_nobody_made_and_forgets_old_repeats(database: Database) -> None:
    with database.write() as connection:
        waiting = audits.create(
            connection,
            "a",
            model=None,
            source="upload",
            options={},
            inputs={"features": b"embeddings"},
            subjects=["a" * 32],
        )
        connection.execute(update(tables.audits).values(created=now() - timedelta(days=31)))
        row = {"tenant": "a", "key": "k", "fingerprint": "f", "answer": {}}
        row["at"] = now() - timedelta(days=2)  # type: ignore[assignment]
        connection.execute(insert(tables.replays), row)
    sweep(database, None)
    with database.read() as connection:
        assert audits.inputs(connection, waiting)
        assert connection.execute(select(tables.replays)).all() == []
    sweep(database, 30)
    with database.read() as connection:
        ended = audits.find(connection, "a", waiting)
        assert ended is not None
        assert ended.state == "failed"
        assert audits.inputs(connection, waiting) == {}


def test_a_sweep_settles_what_an_erasure_owes(database: Database, kept: Settings) -> None:
    (one, *_) = _add(database, "a", "m", 2)
    with database.write() as connection:
        subjects.erase(connection, "a", one.subject)  # and then it was killed
    assert sum(settled(database)) == 1
    sweep(database, None)
    assert sum(settled(database)) == 0
    assert traces(kept, one.embedding, "f" * 32) == []


def settled(database: Database) -> list[int]:
    with database.read() as connection:
        return [1 for _ in connection.execute(select(tables.scrubs))]


def test_a_sweep_that_finds_nothing_says_nothing(database: Database) -> None:
    _add(database, "a", "m", 2)
    sweep(database, 30)
    assert list(access_log.entries(database)) == []


def test_everything_stored_is_audited_by_tenant_and_model(database: Database) -> None:
    _add(database, "a", "m", 2)
    _add(database, "a", "n", 3)
    _add(database, "b", "m", 4)
    jobs = RecordingJobs(database)
    audit_everything(database, jobs, most=16)
    with database.read() as connection:
        made = {
            (tenant, audit.model)
            for tenant in "ab"
            for audit in audits.page(connection, tenant, None, 10)
        }
    entries = list(access_log.entries(database))
    assert made == {("a", "m 1.0.0"), ("a", "n 1.0.0"), ("b", "m 1.0.0")}
    assert len(jobs.asked) == 3
    assert {(one.actor, one.action) for one in entries} == {("worker", "audited")}


def test_one_person_alone_is_not_audited(database: Database) -> None:
    _add(database, "a", "m", 1)
    jobs = RecordingJobs(database)
    audit_everything(database, jobs, most=16)
    assert jobs.asked == []
