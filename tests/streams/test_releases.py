import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.guarantee import Bounds, Guarantee
from faceveil.streams.releases import Releases, Terms

WORDS = 100 * np.eye(3, 4)
GUARANTEE = Guarantee.of(WORDS, 1.0, {"only": 2.0})


def terms(most: int = 8, guarantee: Guarantee | None = GUARANTEE) -> Terms:
    return Terms(guarantee, 2.0, most)


def embedding(word: int, noise: float = 0.0) -> list[float]:
    return [float(value) for value in WORDS[word] + noise]


def test_of_an_expression_the_first_embedding_goes_and_no_other() -> None:
    releases = Releases(terms())
    assert releases.may_go(embedding(0, 0.1), 0)
    assert not any(releases.may_go(embedding(0, noise), 0) for noise in (0.1, -1.0, 2.0))
    assert releases.may_go(embedding(1), 0)
    assert releases.count == 2


def test_without_a_guarantee_the_label_stands_for_the_expression() -> None:
    releases = Releases(terms(guarantee=None))
    assert releases.may_go([0.0] * 4, 1)
    assert not releases.may_go([100.0] * 4, 1)
    assert releases.may_go([0.0] * 4, 2)
    assert releases.count == 2


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(0, 3))
def test_never_more_go_than_there_are_expressions_or_than_allowed(
    shown: list[int], most: int
) -> None:
    releases = Releases(terms(most))
    gone = [word for word in shown if releases.may_go(embedding(word), 0)]
    assert gone == list(dict.fromkeys(shown))[:most]
    assert releases.count == len(gone)


@given(st.integers(1, 30))
def test_n_releases_are_bounded_as_one_with_root_n_less_noise(released: int) -> None:
    bounds = terms().bounds(released)
    assert bounds is not None
    assert bounds.mu == pytest.approx(np.sqrt(released) * GUARANTEE.levels["only"].mu)
    assert bounds == Bounds.of(1.0, 2.0 / np.sqrt(released))


def test_nothing_is_bounded_that_is_not_proved_or_not_released() -> None:
    assert terms().bounds(0) is None
    assert terms(guarantee=None).bounds(3) is None
