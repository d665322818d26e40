"""Answers for an app that meets emotions in other shares than the model learned from."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]


def with_prior(probabilities: Floats, learned: Floats, expected: Floats) -> NDArray[np.float64]:
    """Probabilities of emotions as they are where each is met so often.

    Bayes' rule: an answer is divided by the share that it was learned under, and multiplied by the
    one that is expected. Without the latter it is the logit adjustment of Menon, Jayasumana, Rawat,
    Jain, Veit, Kumar 2021, "Long-tail learning via logit adjustment", equation 9 with tau 1, which
    reads each emotion equally well instead of most faces.

    Args:
        probabilities: (N, E), as the model gives them.
        learned: (E,), the share of each emotion that it learned under, all above 0.
        expected: (E,), the share that is met; equal shares if nobody knows.

    Returns:
        (N, E); a row's sum is 1.
    """
    odds = probabilities * (np.asarray(expected, np.float64) / np.asarray(learned, np.float64))
    adjusted: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return adjusted
