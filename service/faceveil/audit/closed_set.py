"""Which of these K people? Each attacker on each split, and the splits pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict
from threadpoolctl import threadpool_limits

from faceveil.audit.arrays import Floats, Ints
from faceveil.audit.attackers import Attacker, Gallery
from faceveil.audit.protocol import Split, subjects_of
from faceveil.rate import Rate

SMOOTHING = 0.01
"""Share of the uniform distribution mixed into an attacker's before its cross-entropy is taken.

It keeps one overconfident mistake from costing everything, and is still a distribution, so that the
bits it leaves remain a lower bound.
"""


class FoldOutcome(BaseModel):
    """What one attacker made of one split: small, JSON-able, and enough for every figure.

    Lists have one entry a probe, in the split's order.

    Attributes:
        subject: code of the true subject.
        best: codes with the highest score, several where they tie; empty where all tie.
        ahead: how many subjects score strictly higher than the true one.
        level: how many subjects score as high as the true one, itself included.
        bits: cross-entropy of the true subject, in bits.
        converged: whether the attacker's training came to an end by itself.
    """

    model_config = ConfigDict(frozen=True)

    subject: list[int]
    best: list[list[int]]
    ahead: list[int]
    level: list[int]
    bits: list[float]
    converged: bool


@dataclass(frozen=True)
class ClosedSet:
    """One attacker's results over all splits.

    Attributes:
        attacker: its name.
        subjects: number of people to choose from (K); chance is 1 / K.
        credit: (N, K) what answering each subject earns: 1 for the best, shares where they tie.
        subject: (N,) code of the true subject.
        ahead: (N,) subjects that score higher than the true one.
        level: (N,) subjects that score as high as the true one, itself included.
        bits: (N,) cross-entropy of the true subject.
        converged: whether training came to an end by itself on every split.
    """

    attacker: str
    subjects: int
    credit: Floats
    subject: Ints
    ahead: Ints
    level: Ints
    bits: Floats
    converged: bool

    @property
    def earned(self) -> Floats:
        """(N,) success on each probe: 1, 0, or where n subjects tie for best, 1 / n."""
        own: Floats = self.credit[np.arange(len(self.subject)), self.subject]
        return own

    @property
    def rate(self) -> Rate:
        """Rank-1. A tie among n earns 1 / n, the sum rounded down: no attacker gains by a tie."""
        return Rate.of(int(self.earned.sum() + 1e-6), len(self.subject))

    @property
    def identities_predicted(self) -> int:
        """How many different people the attacker ever names: 1 is a collapsed head."""
        return int((self.credit == 1).any(axis=0).sum())

    @property
    def bits_leaked(self) -> float:
        """Log2 K minus the held-out cross-entropy: at least so many bits of identity, if above 0.

        The cross-entropy of any predictor bounds the conditional entropy from above (Cover, Thomas,
        "Elements of information theory", 2nd ed., section 5.4), hence a lower bound of what leaks.
        """
        return max(0.0, float(np.log2(self.subjects) - self.bits.mean()))

    def cmc(self, ranks: int) -> Floats:
        """(ranks,) cumulative match characteristic: P(true subject among the first r), r = 1, ...

        ISO/IEC 19795-1:2021. Tied subjects come in every order with the same probability.
        """
        place = np.arange(1, ranks + 1)[:, None]  # (R, 1)
        curve: Floats = np.clip((place - self.ahead) / self.level, 0, 1).mean(axis=1)
        return curve


def attack(split: Split, attacker: Attacker, subjects: Sequence[object], seed: int) -> FoldOutcome:
    """Lets one attacker learn a split's gallery and answer its probes.

    Args:
        split: with subjects that all occur in `subjects`.
        attacker: who is fitted.
        subjects: (K,) sorted, everybody there is.
        seed: of the attacker.
    """
    people = np.asarray(subjects)
    size = len(split.gallery)
    groups = np.arange(size) if split.gallery_groups is None else split.gallery_groups
    of_gallery = of_probes = None
    if split.gallery_emotions is not None and split.probe_emotions is not None:
        emotions = np.concatenate([split.gallery_emotions, split.probe_emotions])
        codes = np.unique(emotions, return_inverse=True)[1]
        of_gallery, of_probes = codes[:size], codes[size:]
    gallery = Gallery(
        embedding=np.asarray(split.gallery, dtype=np.float64),
        subject=np.searchsorted(people, split.gallery_subjects),
        subjects=len(people),
        group=np.unique(groups, return_inverse=True)[1],
        emotion=of_gallery,
        codewords=split.codewords,
    )
    truth = np.searchsorted(people, split.probe_subjects)
    # One thread: these problems are small, and threads that wait for each other on a shared machine
    # made a fit a hundred times slower. Whoever has idle cores runs several steps at once.
    with threadpool_limits(1):
        fitted = attacker.fit(gallery, seed)
        scores = fitted.log_scores(np.asarray(split.probe, dtype=np.float64), of_probes)
    return answered(scores, truth, converged=fitted.converged)


def answered(scores: Floats, truth: Ints, *, converged: bool) -> FoldOutcome:
    """What log-probabilities say of the true subjects.

    Args:
        scores: (P, K) log-probabilities.
        truth: (P,) codes in [0, K).
        converged: whether the training of who gave them came to an end by itself.
    """
    ranked = scores.round(9)  # rounding of the arithmetic is no difference
    own = ranked[np.arange(len(truth)), truth][:, None]
    first = ranked == ranked.max(axis=1, keepdims=True)
    smooth = (1 - SMOOTHING) * np.exp(scores) + SMOOTHING / scores.shape[1]
    return FoldOutcome(
        subject=truth.tolist(),
        best=[[] if row.all() else np.flatnonzero(row).tolist() for row in first],
        ahead=(ranked > own).sum(axis=1).tolist(),
        level=(ranked == own).sum(axis=1).tolist(),
        bits=(-np.log2(smooth[np.arange(len(truth)), truth])).round(6).tolist(),
        converged=converged,
    )


def pooled(attacker: str, subjects: int, outcomes: Sequence[FoldOutcome]) -> ClosedSet:
    """The outcomes of all splits as one, probes in the order of the splits."""
    best = [codes for outcome in outcomes for codes in outcome.best]
    credit = np.zeros((len(best), subjects))
    for row, codes in zip(credit, best, strict=True):
        row[codes or slice(None)] = 1 / (len(codes) or subjects)
    return ClosedSet(
        attacker=attacker,
        subjects=subjects,
        credit=credit,
        subject=np.array([code for outcome in outcomes for code in outcome.subject]),
        ahead=np.array([count for outcome in outcomes for count in outcome.ahead]),
        level=np.array([count for outcome in outcomes for count in outcome.level]),
        bits=np.array([bits for outcome in outcomes for bits in outcome.bits]),
        converged=all(outcome.converged for outcome in outcomes),
    )


def closed_set(
    splits: Sequence[Split], attackers: Sequence[Attacker], seed: int = 0
) -> dict[str, ClosedSet]:
    """Every attacker on every split.

    Args:
        splits: folds, each with embeddings of its own.
        attackers: whom to try.
        seed: of the attackers.

    Returns:
        Results by attacker's name, in the order given.
    """
    people = subjects_of(splits).tolist()
    results = {}
    for attacker in attackers:
        outcomes = [attack(split, attacker, people, seed) for split in splits]
        results[attacker.name] = pooled(attacker.name, len(people), outcomes)
    return results
