"""Penalties: longer each time, up to a minute, and forgotten in the end."""

from faceveil.pool.penalties import FORGOTTEN_S, MANY, Penalties
from tests.access.test_quotas import Clock


def test_each_is_twice_as_long_as_the_one_before_up_to_a_minute() -> None:
    clock = Clock()
    penalties = Penalties(clock)
    waits = []
    for _ in range(7):
        penalties.strike("hostile", 2.0)
        waits.append(penalties.wait_s("hostile"))
        clock.now += waits[-1]
        assert penalties.wait_s("hostile") == 0
    assert waits == [4, 8, 16, 32, 60, 60, 60]


def test_who_sends_no_more_of_it_is_forgiven() -> None:
    clock = Clock()
    penalties = Penalties(clock)
    for _ in range(MANY):
        penalties.strike("reformed", 2.0)
    assert penalties.many("reformed")
    clock.now += 60 + FORGOTTEN_S
    penalties.strike("reformed", 2.0)
    assert penalties.wait_s("reformed") == 4
    assert not penalties.many("reformed")


def test_another_client_does_not_wait() -> None:
    penalties = Penalties(Clock())
    penalties.strike("hostile", 2.0)
    assert penalties.wait_s("other") == 0
    assert not penalties.many("other")


def test_what_is_worth_its_work_takes_a_strike_back_and_no_wait() -> None:
    clock = Clock()
    penalties = Penalties(clock)
    for _ in range(5):
        penalties.strike("app", 2.0)
        assert penalties.wait_s("app") == 4
        penalties.ease("app")
        assert penalties.wait_s("app") == 4
    penalties.ease("app")
    penalties.ease("another")
    assert penalties.wait_s("another") == 0
