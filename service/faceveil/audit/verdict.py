"""From rates to a verdict: better than chance, not better, or nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.stats import binom

from faceveil.audit.arrays import Bools, Floats, Ints
from faceveil.audit.closed_set import ClosedSet
from faceveil.audit.features import FeaturesError
from faceveil.audit.limit import parse_limit
from faceveil.audit.result import AttackerRate, Controls, LimitResult, Verdict
from faceveil.audit.statistics import ALPHA
from faceveil.rate import Rate

CLEARLY = 0.001
"""Level, over all attackers, from which a figure below chance is no luck."""

FEWEST = 30
"""Samples below which an audit that finds nothing has not looked."""


@dataclass(frozen=True)
class Significance:
    """Attackers against chance.

    Attributes:
        p_values: (A,) one an attacker, corrected for taking the best of all A.
        mean: (A,) expected rate under shuffled subjects.
        deviation: (A,) its standard deviation.
        critical: standard deviations from which the best attacker is better than chance.
    """

    p_values: Floats
    mean: Floats
    deviation: Floats
    critical: float

    @property
    def p_value(self) -> float:
        """Of the best attacker."""
        return float(self.p_values.min())


def better_than_chance(
    results: Sequence[tuple[ClosedSet, Ints, Ints]], permutations: int, seed: int
) -> Significance:
    """Permutation test of the maximum over attackers.

    Subjects are shuffled among units that belong together, within fold and emotion, while the
    attackers' answers stay: under the null hypothesis that, given the emotion, an embedding says
    nothing of the person, one assignment is as likely as another, whatever the gallery holds. The
    maximum over attackers, each on the scale of its own null, corrects every p-value (Westfall,
    Young, "Resampling-based multiple testing", 1993, single-step maxT).

    Args:
        results: each attacker's answers, with (N,) codes of each probe's unit and of its stratum.
        permutations: how many.
        seed: of the permutations; attackers with the same probes get the same ones.
    """
    null = np.empty((len(results), permutations))
    for own in _on_the_same_probes(results):
        first_result, unit, stratum = results[own[0]]
        _, first, code = np.unique(unit, return_index=True, return_inverse=True)
        owner, layer = first_result.subject[first], stratum[first]
        members = [np.flatnonzero(layer == s) for s in np.unique(layer)]
        rng = np.random.default_rng(seed)
        probes = np.arange(len(code))
        for number in range(permutations):
            shuffled = owner.copy()
            for rows in members:
                shuffled[rows] = owner[rng.permutation(rows)]
            named = shuffled[code]
            for index in own:
                null[index, number] = results[index][0].credit[probes, named].mean()
    observed = np.array([result.earned.mean() for result, _, _ in results])
    mean, deviation = null.mean(axis=1), null.std(axis=1)
    scale = np.where(deviation > 1e-12, deviation, np.inf)
    best = ((null - mean[:, None]) / scale[:, None]).max(axis=0)
    # Less than the rounding of the arithmetic is no difference.
    reached = (best[None, :] >= ((observed - mean) / scale)[:, None] - 1e-9).sum(axis=1)
    return Significance(
        p_values=(reached + 1) / (permutations + 1),
        mean=mean,
        deviation=deviation,
        critical=float(np.quantile(best, 1 - ALPHA, method="higher")),
    )


def _on_the_same_probes(results: Sequence[tuple[ClosedSet, Ints, Ints]]) -> list[list[int]]:
    """Numbers of the attackers that were asked of the same people in the same units and strata."""
    alike: dict[bytes, list[int]] = {}
    for index, (result, unit, stratum) in enumerate(results):
        alike.setdefault(np.stack([result.subject, unit, stratum]).tobytes(), []).append(index)
    return list(alike.values())


def units(
    subject: Ints, group: Ints, emotion: Ints | None, fold: Ints | None = None
) -> tuple[Ints, Ints]:
    """What is shuffled as one, and among what.

    Args:
        subject: (N,) codes.
        group: (N,) codes of copies and sessions.
        emotion: (N,) codes or None.
        fold: (N,) codes or None.

    Returns:
        (N,) codes of units, a person's share of a group, and (N,) codes of strata: fold and
        emotion, or the fold alone where emotions are unknown or a unit has several.
    """
    unit = np.unique(np.stack([subject, group]), axis=1, return_inverse=True)[1].reshape(-1)
    one = np.zeros(len(unit), dtype=np.int64) if fold is None else fold
    if emotion is None:
        return unit, one
    first = np.unique(unit, return_index=True)[1]
    mixed: Bools = np.bincount(unit, emotion) / np.bincount(unit) != emotion[first]
    return unit, one if mixed.any() else one * (emotion.max() + 1) + emotion


def above(
    singles: Sequence[ClosedSet], bounds: Sequence[float], alone: Sequence[Bools]
) -> dict[str, tuple[Rate, float]]:
    """The attackers that name clearly more than is proved that anybody can: rates and bounds.

    Clearly: by a binomial test against the bound, corrected for their number (Bonferroni).

    Args:
        singles: attackers of one embedding.
        bounds: highest expected rate of each; [] where nothing is proved.
        alone: (N,) of each, which of its probes have noise of their own: the others repeat one, or
            the attacker has learned their noise.
    """
    exceeding = {}
    for result, bound, own in zip(singles, bounds, alone, strict=False):
        correct, total = int(result.earned[own].sum() + 1e-6), int(own.sum())
        if binom.sf(correct - 1, total, bound) * len(singles) < ALPHA:
            exceeding[result.attacker] = Rate.of(correct, total), bound
    return exceeding


def decide(
    singles: Sequence[ClosedSet],
    worst: AttackerRate,
    p_value: float,
    detectable: float,
    controls: Controls,
    exceeding: Mapping[str, tuple[Rate, float]] = MappingProxyType({}),
    misfits: Sequence[str] = (),
) -> tuple[Verdict, list[str]]:
    """The verdict and the sentences that lead to it.

    Args:
        singles: attackers of one embedding.
        worst: the best of them.
        p_value: of the best attacker of all, corrected.
        detectable: smallest rate that would have been found better than chance.
        controls: whether the audit works.
        exceeding: attackers above what is proved, their rates, and what that is; see `above`.
        misfits: in what the embeddings are none that the model's guarantee speaks of.
    """
    chance, total = 1 / singles[0].subjects, len(singles[0].subject)
    reasons = []
    if exceeding or misfits:
        attacks = [
            f"{name} names {rate} of single embeddings rightly, where it is proved that "
            f"nobody names more than {bound:.1%}. Something is broken: the noise key has leaked, "
            "the mechanism was bypassed, or these are embeddings of another model or level than "
            "is said."
            for name, (rate, bound) in exceeding.items()
        ]
        return "above its bound", [*attacks, *misfits]
    if not controls.shuffled.passed:
        reasons.append("Shuffled names were told better than chance, so the audit itself leaks.")
        return "inconclusive", reasons
    if p_value <= ALPHA:
        return "re-identifiable", [
            f"The best attacker names {worst.rate:.1%} of single embeddings rightly, where "
            f"chance is {chance:.1%}; corrected for all attackers, p = {p_value:.2g}."
        ]
    if not controls.planted.passed:
        reasons.append("A planted identity was not found, so nothing follows from finding none.")
    if total < FEWEST:
        reasons.append(f"{total} samples are too few.")
    if detectable > chance + (1 - chance) / 2:
        reasons.append(f"Only a rate of {detectable:.0%} or more would have been noticed.")
    below = [
        result.attacker
        for result in singles
        if binom.cdf(result.rate.correct, total, chance) * len(singles) < CLEARLY
    ]
    if below:
        reasons.append(
            f"Clearly below chance: {', '.join(below)}. That is a collapsed or misled attacker, "
            "or samples that are not what they are labelled, and no sign of privacy."
        )
    if reasons:
        return "inconclusive", reasons
    return "not distinguished from chance", [
        f"No attacker was better than chance by more than luck (p = {p_value:.2g}); a true rate "
        f"of {detectable:.1%} or more would have been noticed four times in five."
    ]


def judge(limit: str, chance: float, rates: dict[str, AttackerRate | None]) -> LimitResult:
    """Pass or fail, on the interval's upper end.

    Args:
        limit: as the caller wrote it.
        chance: 1 / K.
        rates: by what can be limited: `rank1`, `hybrid2face`, `sets`.

    Raises:
        FeaturesError: where the text is no limit, or limits what was not measured.
    """
    what, allowed = parse_limit(limit, chance)
    rate = rates[what]
    if rate is None:
        raise FeaturesError(f"`{limit}`: nobody has enough embeddings to measure that.")
    return LimitResult(limit=limit, allowed=allowed, high=rate.high, passed=rate.high <= allowed)
