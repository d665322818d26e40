"""What an app expects to meet changes answers by Bayes' rule."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faceveil.prior import with_prior

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
