"""Verifiers: who holds two vectors, and says how likely they are of one person.

A verifier knows how vectors of other people vary, within a person and between people, and takes
both for Gaussian: the two-covariance model (Bruemmer, de Villiers, "The speaker partitioning
problem", Odyssey 2010), a form of probabilistic linear discriminant analysis (Ioffe, ECCV 2006).
Its log likelihood ratio is calibrated by logistic regression on people it did not learn from.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.special import expit
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from faceveil.audit.open_set import eer
from faceveil.rate import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DIRECTIONS = 32
"""Most that a verifier looks at, the most telling ones: more tell it next to nothing."""

BINS = 20
"""Of the chances that it gives, from 0 to 1."""

_PARTS = (
    5  # of the people that it learns from: each is calibrated on by who learned from the others
)
_RARE = 0.01  # share of pairs at each end whose scores count no further: too few to judge from
_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows, as many of one person as of two.

    Attributes:
        one: (M,) rows.
        other: (M,) rows.
        same: (M,) whether they are of one person.
    """

    one: Ints
    other: Ints
    same: Bools

    def take(self, chosen: Bools) -> "Pairs":
        """Those that are chosen."""
        return Pairs(self.one[chosen], self.other[chosen], self.same[chosen])


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is computed of two vectors, whose projections x and y are (vector - mean) @ projection.

    The score is cross . (x y) - square . (x^2 + y^2), the log odds are offset + slope * score.

    Attributes:
        mean: float32, (D,).
        projection: float32, (D, L); within a person the projections have unit variance.
        cross: (L,), of each direction's product.
        square: (L,), of its squares.
        slope: of the calibration.
        offset: of the calibration, for pairs of which half are of one person.
        lowest: score at which, and below which, nothing more is concluded.
        highest: the same at the other end.
    """

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    cross: Floats
    square: Floats
    slope: float = 1.0
    offset: float = 0.0
    lowest: float = -np.inf
    highest: float = np.inf

    def log_odds(self, vectors: Floats, pairs: Pairs) -> Floats:
        """That the pairs are of one person: (M,), where half of all are.

        Args:
            vectors: (N, D).
            pairs: of their rows.
        """
        projected = (vectors - self.mean) @ self.projection
        x, y = projected[pairs.one], projected[pairs.other]
        score = (x * y) @ self.cross - (x**2 + y**2) @ self.square
        return np.asarray(self.offset + self.slope * score.clip(self.lowest, self.highest))


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


def paired(rows: Ints, subject: Ints, group: Ints, seed: int) -> Pairs:
    """All pairs of one person among the rows, and as many of two, drawn at random.

    Args:
        rows: numbers of rows.
        subject: (N,) whom each row shows.
        group: (N,) near copies have one number, and are no pair.
        seed: of the draw.

    Raises:
        ValueError: if no person has two pictures that are no near copies, or all show one person.
    """
    i, j = (rows[index] for index in np.triu_indices(len(rows), 1))
    mine = subject[i] == subject[j]
    of_one, of_two = np.flatnonzero(mine & (group[i] != group[j])), np.flatnonzero(~mine)
    if not len(of_one) or len(of_two) < len(of_one):
        raise ValueError("A verifier needs several pictures each of many people.")
    of_two = np.random.default_rng(seed).choice(of_two, len(of_one), replace=False)
    chosen = np.concatenate([of_one, of_two])
    return Pairs(i[chosen], j[chosen], np.arange(len(chosen)) < len(of_one))


def halved(subject: Ints, parts: int, seed: int) -> Ints:
    """(N,) in which part each row's person falls, by lot."""
    people, code = np.unique(subject, return_inverse=True)
    lot = np.random.default_rng(seed).permutation(np.arange(len(people)) % parts)
    return np.asarray(lot[code])


def learned(vectors: Floats, subject: Ints, group: Ints, seed: int) -> Verifier:
    """The verifier that these vectors of these people teach.

    Args:
        vectors: (N, D).
        subject: (N,).
        group: (N,) see `paired`.
        seed: of the parts, and of the pairs it is calibrated on.
    """
    part, scores, same = halved(subject, _PARTS, seed), [], []
    for number in range(_PARTS):
        tried = part == number
        pairs = paired(np.flatnonzero(tried), subject, group, seed)
        scores.append(_likelihood_ratio(vectors[~tried], subject[~tried]).log_odds(vectors, pairs))
        same.append(pairs.same)
    tried_on = np.concatenate(scores)
    lowest, highest = np.quantile(tried_on, [_RARE, 1 - _RARE])
    calibration = LogisticRegression(C=np.inf)
    calibration.fit(tried_on.clip(lowest, highest)[:, None], np.concatenate(same))
    return replace(
        _likelihood_ratio(vectors, subject),
        slope=float(calibration.coef_[0, 0]),
        offset=float(calibration.intercept_[0]),
        lowest=float(lowest),
        highest=float(highest),
    )


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
    )


def judged(log_odds: Floats, pairs: Pairs, subject: Ints, seed: int) -> Figures:
    """How often a verifier errs, with 95 % intervals by drawing people again.

    Args:
        log_odds: (M,) that it gives.
        pairs: of people that it did not learn from.
        subject: (N,).
        seed: of the resamples.
    """
    people, code = np.unique(subject, return_inverse=True)
    one, other, same = code[pairs.one], code[pairs.other], pairs.same
    generator, spread = np.random.default_rng(seed), []
    for _ in range(_RESAMPLES):
        drawn = generator.multinomial(len(people), np.full(len(people), 1 / len(people)))
        weight = np.where(same, drawn[one], drawn[one] * drawn[other]).astype(np.float64)
        there = weight > 0
        if same[there].any() and not same[there].all():
            scores, mated, mass = log_odds[there], same[there], weight[there]
            rate = roc_auc_score(mated, scores, sample_weight=mass)
            spread.append((eer(scores, mated, mass), float(rate)))
    rates = np.array(spread)
    chance = expit(log_odds)
    shares = [
        np.histogram(chance[chosen], BINS, (0, 1))[0] / chosen.sum() for chosen in (same, ~same)
    ]
    return Figures(
        Estimate.of(eer(log_odds, same), rates[:, 0]),
        Estimate.of(float(roc_auc_score(same, log_odds)), rates[:, 1]),
        shares[0],
        shares[1],
        len(same),
    )
