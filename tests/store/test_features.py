"""Features: kept as they came, found by what they are, seen by their tenant alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from faceveil.store import features
from faceveil.store.database import Database
from faceveil.store.features import Feature, Made, NewFeature, Selection
from faceveil.store.ids import new_ids
from faceveil.store.tables import features as table

MADE = Made("faceveil", "1.0.0", "balanced")
ANN, BOB = "a" * 32, "b" * 32
MORNING = datetime(2026, 1, 31, 9, 30, 0, 123000, tzinfo=UTC)


def _new(subject: str = ANN, **members: object) -> NewFeature:
    embedding = np.random.default_rng(0).standard_normal(16).astype(np.float32)
    return NewFeature(subject, embedding, **members)  # type: ignore[arg-type]


def _add(database: Database, *new: NewFeature, tenant: str = "t", made: Made = MADE) -> list[str]:
    with database.write() as connection:
        return features.add(connection, tenant, made, new)[0]


def _all(database: Database, selection: Selection, tenant: str = "t") -> list[Feature]:
    return [one for page in features.pages(database, tenant, selection) for one in page]


def test_a_feature_comes_back_as_it_was_stored(database: Database) -> None:
    new = _new(emotion="fear", session="visit-1", captured=MORNING)
    (id_,) = _add(database, new)
    (found,) = _all(database, Selection())
    assert (found.id, found.subject, found.session) == (id_, ANN, "visit-1")
    assert (found.captured, found.emotion, found.made) == (MORNING, "fear", MADE)
    assert found.embedding.dtype == np.float32
    np.testing.assert_array_equal(found.embedding, new.embedding)
    assert abs(datetime.now(UTC) - found.stored) < timedelta(minutes=1)


def test_what_has_no_moment_was_captured_when_it_was_stored(database: Database) -> None:
    _add(database, _new())
    (found,) = _all(database, Selection())
    assert found.captured == found.stored


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), {0, 1, 2}),
        (Selection(model="faceveil"), {0, 1}),
        (Selection(version="2.0.0"), {2}),
        (Selection(level="strict"), {2}),
        (Selection(subjects=(BOB,)), {1, 2}),
        (Selection(subjects=(ANN, BOB)), {0, 1, 2}),
        (Selection(subjects=()), set()),
        (Selection(session="s"), {1}),
        (Selection(emotion="fear"), {0}),
        (Selection(since=MORNING), {0, 1}),
        (Selection(until=MORNING), {2}),
        (Selection(since=MORNING, until=MORNING + timedelta(milliseconds=1)), {0}),
        (Selection(subjects=(BOB,), model="faceveil"), {1}),
    ],
    ids=str,
)
def test_a_selection_finds_what_it_says(
    database: Database, selection: Selection, expected: set[int]
) -> None:
    hour = timedelta(hours=1)
    ids = _add(database, _new(emotion="fear", captured=MORNING))
    ids += _add(database, _new(BOB, session="s", captured=MORNING + hour))
    other = Made("other", "2.0.0", "strict")
    ids += _add(database, _new(BOB, captured=MORNING - hour), made=other)
    found = {ids.index(feature.id) for feature in _all(database, selection)}
    assert found == expected
    with database.read() as connection:
        assert features.count(connection, "t", selection) == len(expected)


def test_pages_hold_each_feature_once_in_the_order_of_their_ids(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "ROWS_A_READ", 3)
    ids = _add(database, *[_new() for _ in range(8)]) + _add(database, _new())
    assert [one.id for one in _all(database, Selection())] == ids


def test_another_tenant_neither_sees_nor_removes_it(database: Database) -> None:
    (id_,) = _add(database, _new())
    with database.write() as connection:
        assert features.find(connection, "other", id_) is None
        assert features.remove_one(connection, "other", id_) is None
        assert features.remove(connection, "other", Selection()) == []
    assert len(_all(database, Selection())) == 1
    assert _all(database, Selection(), "other") == []


def test_what_is_past_its_retention_goes_and_the_rest_stays(database: Database) -> None:
    old, young = _add(database, _new(), _new(BOB))
    long_ago = datetime.now(UTC) - timedelta(days=10)
    with database.write() as connection:
        connection.execute(update(table).where(table.c.id == old).values(stored=long_ago))
        assert features.remove_older(connection, 11) == {}
        assert features.remove_older(connection, 9) == {"t": 1}
    assert [one.id for one in _all(database, Selection())] == [young]


def test_the_models_are_those_of_everybody(database: Database) -> None:
    _add(database, _new(), _new())
    _add(database, _new(), tenant="other", made=Made("m", "2.0.0", "strict"))
    with database.read() as connection:
        assert sorted(features.models(connection)) == [
            ("other", "m", "2.0.0"),
            ("t", "faceveil", "1.0.0"),
        ]


@given(count=st.integers(1, 200))
def test_identifiers_ascend_and_differ(count: int) -> None:
    ids = [*new_ids(count)]
    assert ids == sorted(set(ids))
    assert all(len(id_) == 36 and id_[14] == "7" and id_[19] in "89ab" for id_ in ids)
