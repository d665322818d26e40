"""The access log: append only, and a change anywhere in it shows."""

import threading
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from faceveil.store import access_log
from faceveil.store.database import Database


def _append(database: Database, *actions: str) -> None:
    for action in actions:
        with database.write() as connection:
            access_log.append(connection, "t", "key1", action, {"features": 3, "of": "ä"})


def _verify(database: Database, noted: str | None = None) -> access_log.Verified:
    return access_log.verify(access_log.entries(database), noted)


def _unlock(connection: Connection) -> None:
    """What somebody with the database's password can do."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER access_log_no_UPDATE"))
        connection.execute(text("DROP TRIGGER access_log_no_DELETE"))
    else:
        connection.execute(text("DROP TRIGGER access_log_append_only ON access_log"))


def test_entries_come_back_in_order_and_hold(database: Database) -> None:
    _append(database, "erased", "exported", "audited")
    found = list(access_log.entries(database))
    assert [(one.seq, one.action, one.actor) for one in found] == [
        (1, "erased", "key1"),
        (2, "exported", "key1"),
        (3, "audited", "key1"),
    ]
    verified = _verify(database)
    assert (verified.entries, verified.broken, verified.head) == (3, None, found[-1].chain)


def test_an_empty_log_holds(database: Database) -> None:
    assert _verify(database) == access_log.Verified(0, access_log.GENESIS, None, None)


@pytest.mark.parametrize("verb", ["UPDATE access_log SET action = 'x'", "DELETE FROM access_log"])
def test_entries_can_be_neither_changed_nor_removed(database: Database, verb: str) -> None:
    _append(database, "erased")
    with pytest.raises(DBAPIError, match="append only"), database.write() as connection:
        connection.execute(text(verb))
    assert _verify(database).entries == 1


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE access_log SET action = 'nothing' WHERE seq = 2",
        "UPDATE access_log SET actor = 'key2' WHERE seq = 2",
        "UPDATE access_log SET at = at + 1 WHERE seq = 2",
        """UPDATE access_log SET detail = '{"features": 4, "of": "ä"}' WHERE seq = 2""",
        "DELETE FROM access_log WHERE seq = 2",
    ],
)
def test_tampering_shows_where_it_was_done(database: Database, tampering: str) -> None:
    _append(database, "erased", "exported", "audited")
    with database.write() as connection:
        _unlock(connection)
        connection.execute(text(tampering))
    assert _verify(database).broken == 2


def test_a_log_cut_at_its_end_lacks_a_head_that_was_noted(database: Database) -> None:
    _append(database, "erased", "exported")
    early = _verify(database).head
    _append(database, "audited")
    late = _verify(database).head
    with database.write() as connection:
        _unlock(connection)
        connection.execute(text("DELETE FROM access_log WHERE seq = 3"))
    assert _verify(database, early).noted is True
    assert _verify(database, late).noted is False
    assert _verify(database).broken is None


def test_writers_at_once_make_one_chain(database: Database) -> None:
    threads = [threading.Thread(target=_append, args=(database, *"abcde")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verified = _verify(database)
    assert (verified.entries, verified.broken) == (30, None)


def test_the_entries_of_one_tenant_can_be_read_alone(database: Database) -> None:
    _append(database, "erased")
    with database.write() as connection:
        access_log.append(connection, "other", "key2", "exported", {})
    (entry,) = access_log.entries(database, "other")
    assert entry.action == "exported"


def test_of_a_page_no_row_is_read_but_its_own(database: Database) -> None:
    if database.sqlite is None:
        pytest.skip("PostgreSQL plans by size; what it reads of a small table tells nothing")
    _append(database, *"abcde")
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", note)
        assert [number for number, _ in access_log.page(connection, "t", 4, 2)] == [3, 2]
        event.remove(connection, "before_cursor_execute", note)
        plans = [
            step.detail
            for statement, parameters in asked
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            if "access_log" in step.detail
        ]
    assert len(plans) == 3
    # A scan would read others' rows; the count and the places need no row at all.
    assert all("access_log_of_tenant" in plan for plan in plans), plans
    assert sum("COVERING INDEX" in plan for plan in plans) == 2
