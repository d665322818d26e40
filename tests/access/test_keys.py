"""Keys: shown once, kept as hashes, and counted only as long as they should."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.store.database import Database
from faceveil.store.tables import keys as table

SCOPES = frozenset({Scope.anonymize, Scope.read})


def _make(database: Database, **members: object) -> tuple[keys.Key, str]:
    with database.write() as connection:
        return keys.create(connection, name="app", scopes=SCOPES, **members)  # type: ignore[arg-type]


def _check(database: Database, given: str, now: datetime | None = None) -> keys.Key | None:
    with database.read() as connection:
        return keys.check(connection, given, now)


def test_the_whole_key_is_known_again_and_nothing_else_is(database: Database) -> None:
    key, whole = _make(database, tenant="clinic", level="strict", per_minute=60)
    assert _check(database, whole) == key
    assert (key.tenant, key.scopes, key.level, key.per_minute) == ("clinic", SCOPES, "strict", 60)
    prefix, id_, secret = whole.split("_", 2)
    wrong = [
        "",
        "words",
        whole + "x",
        whole[:-1],
        whole.upper(),
        f"{prefix}_{id_}_",
        f"{prefix}_{id_}",
        f"{prefix}_{id_[::-1]}_{secret}",
        f"xx_{id_}_{secret}",
        f"{prefix}__{secret}",
        f"{prefix}_{id_}_{'ä' * 43}",
    ]
    assert [given for given in wrong if _check(database, given) is not None] == []


def test_the_secret_is_kept_nowhere(database: Database) -> None:
    _, whole = _make(database)
    secret = whole.split("_", 2)[2]
    with database.read() as connection:
        (row,) = connection.execute(select(table)).all()
    assert not any(secret in str(value) for value in row)


def test_a_key_counts_until_it_expires(database: Database) -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    _, whole = _make(database, expires=noon)
    assert _check(database, whole, noon - timedelta(milliseconds=1)) is not None
    assert _check(database, whole, noon) is None


def test_a_revoked_key_counts_no_more_and_is_still_listed(database: Database) -> None:
    key, whole = _make(database)
    with database.write() as connection:
        assert keys.revoke(connection, key.id) is not None
        assert keys.revoke(connection, key.id) is None
        assert keys.revoke(connection, "nobody") is None
        (listed,) = keys.listed(connection)
        assert keys.exist(connection)
    assert listed.revoked is not None
    assert _check(database, whole) is None


def test_two_keys_share_nothing(database: Database) -> None:
    (one, first), (other, second) = _make(database), _make(database)
    assert one.id != other.id
    assert first.split("_", 2)[2] != second.split("_", 2)[2]


def test_no_key_exists_before_one_is_made(database: Database) -> None:
    with database.read() as connection:
        assert not keys.exist(connection)
    _make(database)
    with database.read() as connection:
        assert keys.exist(connection)


@pytest.mark.parametrize("scope", Scope)
def test_scopes_are_written_as_the_document_says(scope: Scope) -> None:
    known = {"anonymize", "features:read", "features:write", "audit", "log", "metrics", "admin"}
    assert scope.value in known


def test_a_key_that_was_brought_counts_as_one_that_was_made(database: Database) -> None:
    whole = keys.generate()
    assert _check(database, whole) is None
    with database.write() as connection:
        key = keys.take(connection, whole, name="first", scopes=SCOPES)
    assert _check(database, whole) == key
    assert (key.id, key.scopes) == (whole.split("_")[1], SCOPES)


@pytest.mark.parametrize(
    "brought",
    [
        "",
        "a password of more than thirty-two characters",
        f"fv_{'a' * 12}_{'s' * 31}",
        f"fv_{'a' * 17}_{'s' * 43}",
        f"fv__{'s' * 43}",
        f"xx_{'a' * 12}_{'s' * 43}",
        f"fv_{'a' * 12}_{'s' * 42} ",
        f"fv_{'a' * 12}_{'s' * 129}",
    ],
)
def test_what_is_no_key_cannot_be_brought(database: Database, brought: str) -> None:
    with database.write() as connection:
        with pytest.raises(ValueError, match="keys generate"):
            keys.take(connection, brought, name="first", scopes=SCOPES)
        assert not keys.exist(connection)
