"""Where audits wait: small ones apart from large ones, and behind each other by tenant."""

import contextlib
import sqlite3
from pathlib import Path

from faceveil.jobs.client import HANDICAP_S, LARGE, SMALL, SMALL_BYTES, Jobs
from faceveil.store import audits
from faceveil.store.database import Database, open_database
from tests.databases import keeping_settings


def _ask(database: Database, jobs: Jobs, tenant: str, size: int = 1) -> str:
    with database.write() as connection:
        id_ = audits.create(
            connection,
            tenant,
            model=None,
            source="upload",
            options={},
            inputs={"features": bytes(size)},
            subjects=["a" * 32],
        )
    jobs.audit(id_)
    return id_


def _waiting(state: Path) -> dict[str, tuple[str, int]]:
    """Line and priority of each job."""
    with contextlib.closing(sqlite3.connect(state / "jobs.db")) as connection:
        rows = connection.execute("SELECT workflow_uuid, queue_name, priority FROM workflow_status")
        return {id_: (queue, priority) for id_, queue, priority in rows}


def test_audits_wait_by_size_and_by_how_many_their_tenant_has(tmp_path: Path) -> None:
    with contextlib.closing(open_database(keeping_settings(tmp_path))) as database:
        jobs = Jobs(database)
        first, second, third = (_ask(database, jobs, "greedy") for _ in range(3))
        other = _ask(database, jobs, "modest")
        large = _ask(database, jobs, "modest", SMALL_BYTES + 1)
        jobs.audit(third)  # asking again changes nothing
        jobs.close()
    found = _waiting(tmp_path)
    assert {id_ for id_, (queue, _) in found.items() if queue == LARGE} == {large}
    assert found[first][0] == SMALL
    order = sorted((first, second, third, other), key=lambda id_: found[id_][1])
    assert order == [first, other, second, third] or order == [other, first, second, third]
    assert HANDICAP_S - 60 < found[third][1] - found[second][1] < HANDICAP_S + 60
