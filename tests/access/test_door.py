"""The door: open only before the first key, and only to programs on this machine."""

import pytest

from service.access import keys
from service.access.door import ANYONE, REMEMBERED_S, Door, is_loopback
from service.access.keys import Scope
from service.problems import Forbidden, RateExceeded, Unauthorized
from service.store.database import Database
from tests.access.test_rates import Clock


def _door(database: Database, clock: Clock | None = None, **changes: bool) -> Door:
    options = {"may_stand_open": True, "only_from_here": True} | changes
    return Door(database, clock=clock or Clock(), **options)


def _make(database: Database, **members: object) -> str:
    with database.write() as connection:
        made = keys.create(connection, name="a", scopes=frozenset({Scope.read}), **members)  # type: ignore[arg-type]
    return made[1]


def test_it_stands_open_until_the_first_key_is_made(database: Database) -> None:
    assert _door(database).look_up(None) is ANYONE
    whole = _make(database)
    with pytest.raises(Unauthorized):
        _door(database).look_up(None)
    assert _door(database).look_up(whole).scopes == {Scope.read}


def test_revoking_the_last_key_does_not_open_it(database: Database) -> None:
    whole = _make(database)
    with database.write() as connection:
        keys.revoke(connection, whole.split("_")[1])
    for given in (None, whole):
        with pytest.raises(Unauthorized):
            _door(database).look_up(given)


def test_an_open_door_does_not_take_a_wrong_key(database: Database) -> None:
    with pytest.raises(Unauthorized):
        _door(database).look_up("fv_wrong_key")


def test_one_that_may_not_stand_open_does_not(database: Database) -> None:
    with pytest.raises(Unauthorized):
        _door(database, may_stand_open=False).look_up(None)


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
    principal = _door(database).look_up(_make(database))
    _door(database).pass_in(principal, "faceveil.example", from_elsewhere=True)


def test_a_key_is_remembered_for_a_moment_only(database: Database) -> None:
    clock = Clock()
    door, whole = _door(database, clock), _make(database)
    assert door.remembered(whole) is None
    found = door.look_up(whole)
    clock.now += REMEMBERED_S - 0.1
    assert door.remembered(whole) is found
    clock.now += 0.2
    assert door.remembered(whole) is None


def test_a_key_that_asks_too_often_is_told_when_to_come_again(database: Database) -> None:
    door = _door(database)
    principal = door.look_up(_make(database, per_minute=2))
    for _ in range(2):
        door.pass_in(principal, "h", from_elsewhere=False)
    with pytest.raises(RateExceeded) as refused:
        door.pass_in(principal, "h", from_elsewhere=False)
    assert refused.value.headers == {"Retry-After": "30"}


def test_a_principal_needs_every_scope_or_admin(database: Database) -> None:
    principal = _door(database).look_up(_make(database))
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
