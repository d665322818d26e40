"""Quotas: a minute's worth at once, then as many as flow in."""

from hypothesis import given
from hypothesis import strategies as st

from faceveil.access.quotas import Quotas


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_passes_at_once_and_the_next_is_told_when_to_come() -> None:
    clock = Clock()
    quotas = Quotas(clock)
    assert [quotas.wait_s("key", 3) for _ in range(3)] == [0, 0, 0]
    assert quotas.wait_s("key", 3) == 20
    clock.now += 19.9
    assert quotas.wait_s("key", 3) == 1
    clock.now += 0.2
    assert quotas.wait_s("key", 3) == 0


def test_two_keys_have_two_buckets() -> None:
    quotas = Quotas(Clock())
    assert (quotas.wait_s("one", 1), quotas.wait_s("other", 1), quotas.wait_s("one", 1)) == (
        0,
        0,
        60,
    )


@given(per_minute=st.integers(1, 600), pauses=st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_no_more_pass_than_one_bucket_and_what_flowed_in(
    per_minute: int, pauses: list[float]
) -> None:
    clock = Clock()
    quotas = Quotas(clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += quotas.wait_s("key", per_minute) == 0
    assert passed <= per_minute + sum(pauses) * per_minute / 60 + 1e-6


@given(
    per_minute=st.integers(1, 600),
    asked=st.lists(st.tuples(st.floats(0, 300), st.integers(1, 288)), min_size=1, max_size=100),
)
def test_whatever_is_released_at_a_time_the_rate_holds_once_its_debt_is_paid(
    per_minute: int, asked: list[tuple[float, int]]
) -> None:
    clock = Clock()
    quotas = Quotas(clock)
    released = last = 0
    for pause, embeddings in asked:
        clock.now += pause
        if quotas.wait_s("key", per_minute) == 0:
            quotas.charge("key", per_minute, embeddings - 1)
            released, last = released + embeddings, embeddings
    elapsed = sum(pause for pause, _ in asked)
    assert released - last < per_minute + elapsed * per_minute / 60 + 1e-6


def test_a_debt_is_waited_for() -> None:
    clock = Clock()
    quotas = Quotas(clock)
    assert quotas.wait_s("key", 60) == 0
    quotas.charge("key", 60, 287)
    assert quotas.wait_s("key", 60) == 229
    clock.now += 229
    assert quotas.wait_s("key", 60) == 0


@given(per_minute=st.integers(1, 600))
def test_whoever_waits_as_long_as_told_passes(per_minute: int) -> None:
    clock = Clock()
    quotas = Quotas(clock)
    while (wait := quotas.wait_s("key", per_minute)) == 0:
        pass
    clock.now += wait
    assert quotas.wait_s("key", per_minute) == 0
