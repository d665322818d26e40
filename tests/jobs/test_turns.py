"""Turns are shared by time: small work passes between the steps of large work."""

import threading
from collections.abc import Iterator

from faceveil.jobs.turns import Turns


class _Clock:
    """Each turn takes what its taker says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _taken(costs: dict[str, list[float]]) -> list[str]:
    """Who had each turn, where all were there from the beginning."""
    clock, order = _Clock(), list[str]()
    turns = Turns(clock)
    together = threading.Barrier(len(costs))

    def work(name: str, steps: Iterator[float]) -> None:
        with turns.taking_part(name):
            together.wait()
            for cost in steps:
                with turns.turn(name):
                    order.append(name)
                    clock.now += cost

    threads = [threading.Thread(target=work, args=(n, iter(c))) for n, c in costs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return order


def test_whoever_has_had_least_is_next() -> None:
    order = _taken({"large": [10.0] * 4, "small": [1.0] * 20})
    assert order == ["large"] + ["small"] * 10 + ["large"] + ["small"] * 10 + ["large"] * 2


def test_one_alone_has_every_turn() -> None:
    assert _taken({"a": [1.0] * 5}) == ["a"] * 5


def test_who_joins_later_is_not_owed_what_the_others_had() -> None:
    clock = _Clock()
    turns = Turns(clock)
    with turns.taking_part("a"):
        with turns.turn("a"):
            clock.now += 100
        with turns.taking_part("b"):
            with turns.turn("a"):  # b has had no less, and comes later
                clock.now += 1
            with turns.turn("b"):
                pass


def test_a_step_that_fails_gives_its_turn_back() -> None:
    turns = Turns()
    for _ in range(2):
        try:
            with turns.taking_part("a"), turns.turn("a"):
                raise ValueError
        except ValueError:
            continue
