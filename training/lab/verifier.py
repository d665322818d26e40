"""Verifiers: who holds two vectors, and says how likely they are of one person.

A verifier knows how vectors of other people vary, within a person and between people, and takes
both for Gaussian: the two-covariance model (Bruemmer, de Villiers, "The speaker partitioning
problem", Odyssey 2010), a form of probabilistic linear discriminant analysis (Ioffe, ECCV 2006).
Its log likelihood ratio is a score. Vectors have heavier tails than Gaussian ones, so chances are
read off the shares of pairs of one person among people it did not learn from, made monotone in the
score (isotonic regression; Zadrozny, Elkan, KDD 2002).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.covariance import ledoit_wolf
from sklearn.isotonic import isotonic_regression
from sklearn.metrics import roc_auc_score

from faceveil.audit.open_set import eer
from faceveil.rate import Estimate
from training.lab.pairs import Bools, Ints, Pairs, in_parts, paired

Floats = NDArray[np.float64]

DIRECTIONS = 32
"""Most that a verifier looks at, the most telling ones: more tell it next to nothing."""

BINS = 20
"""Of the chances that it gives, from 0 to 1."""

FEWEST = 100
"""People to learn of: fewer teach little more than who they are, and the file is handed out."""

_PARTS = 5
"""Of the people that it learns from: each is calibrated on by who learned from the others."""

_KNOTS = 24
"""Groups of as many pairs each, by their score, whose shares are its chances."""

_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is computed of two vectors, whose projections x and y are (vector - mean) @ projection.

    The score is cross . (x y) - square . (x^2 + y^2); the chance lies on the line through the
    knots, and beyond the outermost it stays what it is there.

    Attributes:
        mean: float32, (D,).
        projection: float32, (D, L); within a person the projections have unit variance.
        cross: (L,), of each direction's product.
        square: (L,), of its squares.
        scores: (K,) of the knots, rising.
        chances: (K,) of the knots, never falling, where half of all pairs are of one person.
    """

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    cross: Floats
    square: Floats
    scores: Floats
    chances: Floats

    def score(self, vectors: Floats, pairs: Pairs) -> Floats:
        """How much more the pairs are like pairs of one person than like pairs of two: (M,).

        Args:
            vectors: (N, D).
            pairs: of their rows.
        """
        projected = (vectors - self.mean) @ self.projection
        x, y = projected[pairs.one], projected[pairs.other]
        return np.asarray((x * y) @ self.cross - (x**2 + y**2) @ self.square)

    def chance(self, score: Floats) -> Floats:
        """That pairs of these scores are of one person, 0 to 1, where half of all are."""
        return np.interp(score, self.scores, self.chances)


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a verifier tells people whom it did not learn from.

    Attributes:
        eer: equal error rate; guessing errs in half of the pairs.
        auc: how often a pair of one person scores higher than a pair of two; guessing: 0.5.
        same: (BINS,) shares of the pairs of one person, by the chance that they are given.
        different: (BINS,) the same of pairs of two.
        pairs: how many there are, half of them of one person.
    """

    eer: Estimate
    auc: Estimate
    same: Floats
    different: Floats
    pairs: int

    def shares(self) -> list[tuple[int, float | None]]:
        """How many pairs were given each tenth of the chance, and the share of one person's.

        The share is None where there are no such pairs.
        """
        same, different = (by.reshape(-1, 2).sum(axis=1) for by in (self.same, self.different))
        numbers = ((same + different) * self.pairs / 2).round().astype(int)
        return [
            (int(number), float(one / (one + two)) if number else None)
            for number, one, two in zip(numbers, same, different, strict=True)
        ]


def learned(vectors: Floats, subject: Ints, group: Ints, seed: int) -> Verifier:
    """The verifier that these vectors of these people teach.

    Args:
        vectors: (N, D).
        subject: (N,).
        group: (N,) see `paired`.
        seed: of the parts, and of the pairs it is calibrated on.

    Raises:
        ValueError: if these are fewer people than `FEWEST`, or `paired` refuses them.
    """
    if (people := len(np.unique(subject))) < FEWEST:
        raise ValueError(
            f"A verifier learns from at least {FEWEST} people, and here are {people}: of fewer, it "
            "would tell who they are, and its chances would be guesses. Take a larger set."
        )
    part, scores, same = in_parts(subject, _PARTS, seed), [], []
    for number in range(_PARTS):
        tried = part == number
        pairs = paired(np.flatnonzero(tried), subject, group, seed)
        scores.append(_likelihood_ratio(vectors[~tried], subject[~tried]).score(vectors, pairs))
        same.append(pairs.same)
    at, chances = _calibrated(np.concatenate(scores), np.concatenate(same))
    return replace(_likelihood_ratio(vectors, subject), scores=at, chances=chances)


def _calibrated(scores: Floats, same: Bools) -> tuple[Floats, Floats]:
    """Knots: mean scores of groups of pairs, and their shares of pairs of one person, monotone."""
    order = np.argsort(scores, kind="stable")
    groups = np.array_split(order, _KNOTS)
    # One more of each kind: a small group that is all of one is no proof that there is no other.
    shares = [(same[group].sum() + 1) / (len(group) + 2) for group in groups]
    knots = np.array([scores[group].mean() for group in groups])
    return knots, np.asarray(isotonic_regression(shares), np.float64)


def _likelihood_ratio(vectors: Floats, subject: Ints) -> Verifier:
    """Of one person against two, by the two-covariance model, its constant left to calibration.

    In the basis where the covariance within a person is the identity and that between people is
    diagonal, l, two vectors of one person have variance l + 1 and covariance l, and the log of the
    ratio of the densities is l / (2 l + 1) x y - l^2 / (2 (l + 1) (2 l + 1)) (x^2 + y^2).
    """
    mean = vectors.mean(axis=0)
    code = np.unique(subject, return_inverse=True)[1]
    count = np.bincount(code)
    means = np.zeros((len(count), vectors.shape[1]))
    np.add.at(means, code, vectors - mean)
    means /= count[:, None]
    within = ledoit_wolf(vectors - mean - means[code], assume_centered=True)[0]
    within *= len(vectors) / (len(vectors) - len(count))
    within += np.eye(len(within)) * max(np.trace(within), 1e-12) * 1e-9
    between = np.cov(means.T) - within * (1 / count).mean()
    variance, basis = eigh(between, within)
    best = np.argsort(-variance)[:DIRECTIONS]
    best = best[variance[best] > 0] if (variance > 0).any() else best[:1]
    spread = np.maximum(variance[best], 1e-9)
    return Verifier(
        mean.astype(np.float32),
        basis[:, best].astype(np.float32),
        spread / (2 * spread + 1),
        spread**2 / (2 * (spread + 1) * (2 * spread + 1)),
        np.zeros(1),
        np.full(1, 0.5),
    )


def judged(scores: Floats, chances: Floats, pairs: Pairs, subject: Ints, seed: int) -> Figures:
    """How often a verifier errs, with 95 % intervals by drawing the people of the pairs again.

    Args:
        scores: (M,) that it gives.
        chances: (M,) the same as chances.
        pairs: of people that it did not learn from.
        subject: (N,).
        seed: of the resamples.

    Raises:
        ValueError: if the pairs are all of one kind.
    """
    same = pairs.same
    if len(np.unique(same)) < 2:
        raise ValueError("How often a verifier errs shows in pairs of one person and of two.")
    shown = subject[np.stack([pairs.one, pairs.other])]
    people, code = np.unique(shown, return_inverse=True)
    one, other = code.reshape(shown.shape)
    generator = np.random.default_rng(seed)
    spread: list[tuple[float, float]] = []
    while len(spread) < _RESAMPLES:
        drawn = generator.multinomial(len(people), np.full(len(people), 1 / len(people)))
        weight = np.where(same, drawn[one], drawn[one] * drawn[other]).astype(np.float64)
        there = weight > 0
        if len(np.unique(same[there])) == 2:
            told, mated, mass = scores[there], same[there], weight[there]
            rate = roc_auc_score(mated, told, sample_weight=mass)
            spread.append((eer(told, mated, mass), float(rate)))
    rates = np.array(spread)
    shares = [
        np.histogram(chances[chosen], BINS, (0, 1))[0] / chosen.sum() for chosen in (same, ~same)
    ]
    return Figures(
        Estimate.of(eer(scores, same), rates[:, 0]),
        Estimate.of(float(roc_auc_score(same, scores)), rates[:, 1]),
        shares[0],
        shares[1],
        len(same),
    )
