"""Idempotency-Key: a write that comes again answers as the first and writes nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, update

from faceveil.problems import KeyReused
from faceveil.store import features, replays
from faceveil.store.database import Database
from faceveil.store.replays import Idempotency, once
from faceveil.store.tables import replays as table

KEY = Idempotency("key", "f" * 64)


def _write(connection: Connection) -> dict[str, Any]:
    new = features.NewFeature("ab" * 16, np.zeros(4, np.float32))
    ids, _ = features.add(connection, "t", features.Made("m", "1.0.0", "l"), [new])
    return {"ids": ids}


def _count(database: Database) -> int:
    with database.read() as connection:
        return features.count(connection, "t", features.Selection())


def test_the_second_is_answered_as_the_first(database: Database) -> None:
    assert once(database, "t", KEY, _write) == once(database, "t", KEY, _write)
    assert _count(database) == 1


def test_without_a_key_each_is_a_write_of_its_own(database: Database) -> None:
    assert once(database, "t", None, _write) != once(database, "t", None, _write)
    assert _count(database) == 2


def test_two_tenants_may_use_one_key(database: Database) -> None:
    assert once(database, "t", KEY, _write) != once(database, "other", KEY, _write)


def test_a_key_for_another_request_is_refused(database: Database) -> None:
    once(database, "t", KEY, _write)
    with pytest.raises(KeyReused):
        once(database, "t", Idempotency(KEY.key, "0" * 64), _write)
    assert _count(database) == 1


def test_many_at_once_write_once(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: once(database, "t", KEY, _write), range(24)))
    assert all(answer == answers[0] for answer in answers)
    assert _count(database) == 1


def test_a_write_that_failed_may_be_sent_again(database: Database) -> None:
    def fail(_: Connection) -> dict[str, Any]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        once(database, "t", KEY, fail)
    once(database, "t", KEY, _write)
    assert _count(database) == 1


def test_after_a_day_a_key_is_new_again(database: Database) -> None:
    first = once(database, "t", KEY, _write)
    with database.write() as connection:
        long_ago = datetime.now(UTC) - replays.KEPT - timedelta(minutes=1)
        connection.execute(update(table).values(at=long_ago))
    assert once(database, "t", KEY, _write) != first
    assert _count(database) == 2
