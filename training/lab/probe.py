"""The probe: how much of what voters saw in faces can be learned from what is released of them.

A linear model is enough to say so: ridge regression from the released vector to the share of the
voters for each answer that they had.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from faceveil.guarantee import nearest
from faceveil.model.card import Probe
from faceveil.rate import Estimate
from training.data.crop_set import CropSet
from training.lab.folds import Fold, deal
from training.lab.judge import add_noise
from training.lab.plan import Progress
from training.lab.reading import Judged

PROTOCOL = "ridge regression, learned on half of the pictures and tested on the others, both ways"

PENALTIES = np.logspace(-2, 4, 7)
"""Of the ridge; each half chooses one by leaving out one picture at a time."""

RESAMPLES = 1000

Floats = NDArray[np.float64]


def probed(
    name: str,
    part: CropSet,
    model: Judged,
    levels: Mapping[str, float],
    seed: int,
    progress: Progress,
) -> list[Probe]:
    """What can be learned from all that is released, and from parts of it alone, at each level.

    The filter did not learn from these pictures: of those that it did, it releases what it has
    learned by heart. So they are halved, and near copies stay together.

    Args:
        name: of the set.
        part: pictures that the filter did not learn from.
        model: the filter.
        levels: name to sigma.
        seed: of the halves, the noise and the resamples.
        progress: called with how far it is.

    Returns:
        None where nobody voted.
    """
    if not part.ballots.shape[1]:
        return []
    part = part.take(np.flatnonzero(~np.isnan(part.ballots).any(axis=1)))
    shares, halves = part.ballots.astype(np.float64), deal(part, 2, seed)
    embedding, again = model.embed(part.crops), drawn_again(len(part), seed)
    found = []
    for done, (level, sigma) in enumerate(levels.items()):
        progress("probing what is released", done, len(levels))
        released = add_noise(embedding, sigma, seed)
        for features, columns in _views(model, released).items():
            r2, about_zero = explained(shares, _predicted(columns, shares, halves), again)
            found.append(
                Probe(
                    data=name,
                    protocol=PROTOCOL,
                    level=level,
                    features=features,
                    r2=r2,
                    r2_about_zero=about_zero,
                    images=len(part),
                    seed=seed,
                )
            )
    progress("probing what is released", len(levels), len(levels))
    return found


def drawn_again(count: int, seed: int) -> Floats:
    """How often each of so many pictures is in a sample of as many: (RESAMPLES, N)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(np.float64)


def explained(shares: Floats, predicted: Floats, again: Floats) -> tuple[Estimate, Estimate]:
    """How much of the shares is predicted: R^2 about their means, and about zero.

    The first weights the columns by their variance; it is scikit-learn's `r2_score` with
    `multioutput="variance_weighted"`.

    Args:
        shares: (N, B) of the voters.
        predicted: (N, B), each row by a model that did not learn from it.
        again: (RESAMPLES, N) samples for the intervals, see `drawn_again`.
    """
    errors, squares = ((shares - predicted) ** 2).sum(axis=1), (shares**2).sum(axis=1)

    def figures(times: Floats) -> tuple[Floats, Floats]:
        wrong, about_zero = times @ errors, times @ squares
        about_mean = about_zero - ((times @ shares) ** 2).sum(axis=1) / len(shares)
        return 1 - wrong / about_mean, 1 - wrong / about_zero

    once = figures(np.ones((1, len(shares))))
    about_mean, about_zero = (
        Estimate.of(float(value[0]), spread)
        for value, spread in zip(once, figures(again), strict=True)
    )
    return about_mean, about_zero


def _views(model: Judged, released: NDArray[np.float32]) -> dict[str, Floats]:
    """Name to columns, (N, C), that a function of the released vectors alone gives."""
    probabilities = model.probabilities(released)
    emotions = probabilities.shape[1]
    views: dict[str, NDArray[Any]] = {"the released vector": released}
    if model.codewords is not None:
        chosen = nearest(released, model.codewords.tolist())
        views["the codeword read back from it"] = np.eye(len(model.codewords))[chosen]
    views[f"the {emotions} probabilities"] = probabilities
    views["the likeliest emotion alone"] = np.eye(emotions)[probabilities.argmax(axis=1)]
    return {features: columns.astype(np.float64) for features, columns in views.items()}


def _predicted(columns: Floats, shares: Floats, halves: Sequence[Fold]) -> Floats:
    """(N, B) what each half's rows are by the model that learned on the other one."""
    predicted = np.empty_like(shares)
    for half in halves:
        ridge = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
        ridge.fit(columns[half.known], shares[half.known])
        predicted[half.tested] = ridge.predict(columns[half.tested])
    return predicted
