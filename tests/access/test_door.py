"""The door: open only before the first key, and only to programs on this machine."""

from typing import Any

import pytest

from faceveil.access import keys
from faceveil.access.door import ANYONE, REMEMBERED_S, Door, Principal, is_loopback
from faceveil.access.keys import Scope
from faceveil.access.tokens import Tokens
from faceveil.problems import Forbidden, RateExceeded
from faceveil.store.database import Database
from tests.access.test_quotas import Clock


def _door(database: Database, clock: Clock | None = None, **changes: bool) -> Door:
    options: dict[str, Any] = {"may_stand_open": True, "only_from_here": True} | changes
    return Door(database, clock=clock or Clock(), **options)


def _found(door: Door, given: str | None) -> Principal | None:
    return door.look_up([given])[0]


def _holder(door: Door, given: str) -> Principal:
    principal = _found(door, given)
    assert principal
    return principal


def _make(database: Database, **members: object) -> str:
    with database.write() as connection:
        created = keys.create(connection, name="a", scopes=frozenset({Scope.read}), **members)  # type: ignore[arg-type]
    return created[1]


def test_it_stands_open_until_the_first_key_is_made(database: Database) -> None:
    assert _found(_door(database), None) is ANYONE
    whole = _make(database)
    assert _found(_door(database), None) is None
    assert _holder(_door(database), whole).scopes == {Scope.read}


def test_revoking_the_last_key_does_not_open_it(database: Database) -> None:
    whole = _make(database)
    with database.write() as connection:
        keys.revoke(connection, whole.split("_")[1])
    assert _door(database).look_up([None, whole]) == [None, None]


def test_an_open_door_does_not_take_a_wrong_key(database: Database) -> None:
    assert _found(_door(database), "fv_wrong_key") is None


def test_one_that_may_not_stand_open_does_not(database: Database) -> None:
    assert _found(_door(database, may_stand_open=False), None) is None


def test_a_token_that_was_believed_a_moment_ago_is_not_once_it_ended(database: Database) -> None:
    now = [1000.0]
    door = Door(
        database,
        may_stand_open=False,
        only_from_here=True,
        grace_s=60,
        clock=Clock(),
        tokens=Tokens(bytes(32), lambda: now[0]),
    )
    holder = _holder(door, _make(database))
    token, grant = door.issue(holder, frozenset({Scope.read}), None, 10)
    assert grant.until == 1010
    door.remember(token, _holder(door, token))
    now[0] = 1009.9
    assert door.remembered(token)
    now[0] = 1010.0
    assert not door.remembered(token, longer=True)
    assert _found(door, token) is None


def test_many_keys_are_told_apart_at_once(database: Database) -> None:
    one, other = _make(database), _make(database)
    changed = one[:-1] + ("A" if one[-1] != "A" else "B")
    found = _door(database).look_up([other, changed, None, "words", one])
    actors = [principal and principal.actor for principal in found]
    assert actors == [other.split("_")[1], None, None, None, one.split("_")[1]]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_an_open_door_lets_programs_on_this_machine_pass(database: Database, host: str) -> None:
    _door(database).pass_in(ANYONE, host, from_elsewhere=False)


@pytest.mark.parametrize(
    ("host", "from_elsewhere"),
    [
        ("evil.example", False),
        ("evil.example:8000", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("127.0.0.1:8000", True),
    ],
)
def test_a_page_from_elsewhere_does_not_pass_an_open_door(
    database: Database, host: str, from_elsewhere: bool
) -> None:
    with pytest.raises(Forbidden):
        _door(database).pass_in(ANYONE, host, from_elsewhere)
    _door(database, only_from_here=False).pass_in(ANYONE, host, from_elsewhere)


def test_who_has_a_key_may_come_from_anywhere(database: Database) -> None:
    principal = _holder(_door(database), _make(database))
    _door(database).pass_in(principal, "faceveil.example", from_elsewhere=True)


def test_a_key_is_remembered_for_a_moment_only(database: Database) -> None:
    clock = Clock()
    door, whole = _door(database, clock), _make(database)
    assert door.remembered(whole) is None
    found = _holder(door, whole)
    door.remember(whole, found)
    clock.now += REMEMBERED_S - 0.1
    assert door.remembered(whole) is found
    clock.now += 0.2
    assert door.remembered(whole) is None


def test_a_key_found_before_counts_longer_while_the_database_is_away(database: Database) -> None:
    clock = Clock()
    door, whole = (
        Door(database, may_stand_open=False, only_from_here=True, grace_s=60, clock=clock),
        _make(database),
    )
    found = _holder(door, whole)
    door.remember(whole, found)
    clock.now += 59
    assert door.remembered(whole) is None
    assert door.remembered(whole, longer=True) is found
    clock.now += 2
    assert door.remembered(whole, longer=True) is None


def test_a_key_that_was_found_to_count_no_more_is_not_remembered(database: Database) -> None:
    door, whole = _door(database), _make(database)
    door.remember(whole, _holder(door, whole))
    door.remember(whole, None)
    assert door.remembered(whole) is None


def test_a_request_is_charged_for_each_embedding_that_it_releases(database: Database) -> None:
    door = _door(database)
    principal = _holder(door, _make(database, per_minute=60))
    door.pass_in(principal, "h", from_elsewhere=False)
    door.charge(principal, 100)
    with pytest.raises(RateExceeded) as refused:
        door.pass_in(principal, "h", from_elsewhere=False)
    assert refused.value.headers == {"Retry-After": "41"}  # 40 in debt, and one to take


def test_a_key_that_asks_too_often_is_told_when_to_come_again(database: Database) -> None:
    door = _door(database)
    principal = _holder(door, _make(database, per_minute=2))
    for _ in range(2):
        door.pass_in(principal, "h", from_elsewhere=False)
    with pytest.raises(RateExceeded) as refused:
        door.pass_in(principal, "h", from_elsewhere=False)
    assert refused.value.headers == {"Retry-After": "30"}


def test_a_principal_needs_every_scope_or_admin(database: Database) -> None:
    principal = _holder(_door(database), _make(database))
    principal.require(Scope.read)
    with pytest.raises(Forbidden, match="features:write"):
        principal.require(Scope.read, Scope.write)
    ANYONE.require(*Scope)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("192.168.1.1", False),
        ("faceveil.example", False),
    ],
)
def test_loopback_is_what_this_machine_alone_reaches(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
