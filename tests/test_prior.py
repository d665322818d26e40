"""What an app expects to meet changes answers by Bayes' rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faceveil.prior import Prior, PriorError, with_prior

shares = arrays(np.float64, 3, elements=st.floats(0.05, 1)).map(lambda odds: odds / odds.sum())


def test_even_shares_take_away_what_was_learned_of_how_often_each_is_met() -> None:
    learned = np.array([0.8, 0.15, 0.05])
    likelihood = np.array([[0.2, 0.2, 0.6]])
    posterior = likelihood * learned / (likelihood * learned).sum()
    assert posterior.argmax() == 0
    np.testing.assert_allclose(with_prior(posterior, learned, np.ones(3) / 3), likelihood)


@given(shares, shares, shares)
def test_there_and_back_is_where_it_was(
    answer: np.ndarray, learned: np.ndarray, expected: np.ndarray
) -> None:
    there = with_prior(answer[None], learned, expected)
    np.testing.assert_allclose(there.sum(), 1)
    np.testing.assert_allclose(with_prior(there, expected, learned)[0], answer, rtol=1e-9)
    np.testing.assert_allclose(with_prior(answer[None], learned, learned)[0], answer)


LABELS = ["neutral", "happiness", "surprise"]
LEARNED = {"surprise": 0.05, "neutral": 0.8, "happiness": 0.15}
POSTERIOR = np.array([[0.7, 0.2, 0.1], [0.2, 0.2, 0.6]], np.float32)


def test_wild_leaves_answers_as_they_are_whatever_the_card_says() -> None:
    for learned in (LEARNED, None):
        assert Prior.of("wild", LABELS, learned).corrected(POSTERIOR) is POSTERIOR


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("even", "even", [1 / 3, 1 / 3, 1 / 3]),
        ("surprise=0.7, neutral = 0.1,happiness=.2", "server", [0.1, 0.2, 0.7]),
        ("surprise=0.705,neutral=0.1,happiness=0.2", "server", [0.1, 0.2, 0.705]),
    ],
)
def test_shares_are_told_from_each_other_by_label_and_never_by_order(
    text: str, name: str, expected: list[float]
) -> None:
    prior = Prior.of(text, LABELS, LEARNED)
    assert prior.name == name
    assert prior.expected is not None
    assert list(prior.expected) == LABELS
    likelihood = POSTERIOR / np.array([0.8, 0.15, 0.05])
    posterior = likelihood * expected
    posterior /= posterior.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(prior.corrected(POSTERIOR), posterior)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "wild, even, or a share"),
        ("Even", "wild, even, or a share"),
        ("neutral", "wild, even, or a share"),
        ("neutral=half,happiness=0.5", "wild, even, or a share"),
        ("neutral=0.5,happiness=0.5,", "wild, even, or a share"),
        ("neutral=0.5,neutral=0.5", "neutral has two shares"),
        ("neutral=0,happiness=1,surprise=0", "share of neutral is not above 0"),
        ("neutral=-0.5,happiness=1,surprise=0.5", "share of neutral is not above 0"),
        ("neutral=nan,happiness=0.5,surprise=0.5", "share of neutral is not above 0"),
        ("neutral=0.5,happiness=inf,surprise=0.5", "sum to inf, not to 1"),
        ("neutral=60,happiness=30,surprise=10", "sum to 100, not to 1"),
        ("neutral=0.5,happiness=0.3,surprise=0.18", "sum to 0.98, not to 1"),
        ("neutral=0.5,happiness=0.5", "the model reads neutral, happiness, surprise"),
        ("neutral=0.5,happiness=0.2,surprise=0.2,awe=0.1", "and no other"),
    ],
)
def test_what_is_no_prior_of_the_model_is_refused_with_what_it_lacks(text: str, why: str) -> None:
    with pytest.raises(PriorError, match=why):
        Prior.of(text, LABELS, LEARNED)


def test_a_model_whose_card_does_not_say_what_it_learned_can_be_corrected_for_nothing() -> None:
    for text in ("even", "neutral=0.5,happiness=0.3,surprise=0.2"):
        with pytest.raises(PriorError, match="card does not say which shares"):
            Prior.of(text, LABELS, None)


@given(shares, shares)
def test_shares_that_are_written_down_come_back(learned: np.ndarray, expected: np.ndarray) -> None:
    text = ",".join(f"{label}={share}" for label, share in zip(LABELS, expected, strict=True))
    prior = Prior.of(text, LABELS, dict(zip(LABELS, learned.tolist(), strict=True)))
    np.testing.assert_array_equal(
        prior.corrected(POSTERIOR), with_prior(POSTERIOR, learned, expected)
    )
