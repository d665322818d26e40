"""Does the audit work on this data? What is planted must be found, what is shuffled must not."""

from __future__ import annotations

import numpy as np

from faceveil.audit.arrays import Floats, Labels
from faceveil.audit.attackers import LDA, NEAREST
from faceveil.audit.case import Case, Options
from faceveil.audit.closed_set import ClosedSet, closed_set
from faceveil.audit.features import Features
from faceveil.audit.protocol import Split, make_splits
from faceveil.audit.result import Planted, Reference, Shuffled
from faceveil.audit.verdict import CLEARLY, better_than_chance, units
from faceveil.rate import Rate

FEWEST_PLANTED = 16
"""Dimensions planted, at least; otherwise as many as the embedding has."""

FOUND = 0.9
"""Rate from which a planted identity counts as found."""

_ATTACKERS = (LDA, NEAREST)


def planted(case: Case) -> Planted:
    """Shuffles the embeddings, and adds as many dimensions again that tell each person.

    Each person gets a random code, and each sample a tenth of unit noise on it, so that an attacker
    that works names nearly everyone.
    """
    rng = np.random.default_rng(case.options.seed)
    code = np.searchsorted(case.people, case.features.subject)
    rows = case.features.embedding[rng.permutation(len(code))]
    scale = rows.std() or 1.0
    marks = rng.normal(size=(len(case.people), max(FEWEST_PLANTED, rows.shape[1])))[code]
    marks = scale * (marks + 0.1 * rng.normal(size=marks.shape))
    splits = _splits(case, np.hstack([rows, marks]), case.features.subject)
    rate = _best(closed_set(splits, _ATTACKERS, case.options.seed)).rate
    return Planted(rate=rate, passed=rate.rate >= FOUND)


def shuffled(case: Case) -> Shuffled:
    """Shuffles the names among groups that belong together, within emotion.

    It fails only where that is better than chance beyond luck, as it is where the protocol leaks.
    """
    rng = np.random.default_rng(case.options.seed + 1)
    features = case.features
    code = np.searchsorted(case.people, features.subject)
    emotion = None
    if features.emotion is not None:
        emotion = np.unique(features.emotion, return_inverse=True)[1]
    unit, stratum = units(code, case.groups, emotion)
    owner, layer = np.zeros((2, unit.max() + 1), dtype=np.int64)
    owner[unit], layer[unit] = code, stratum
    for value in np.unique(layer):
        rows = np.flatnonzero(layer == value)
        owner[rows] = owner[rng.permutation(rows)]
    subject = case.people[owner[unit]]
    splits = _splits(case, features.embedding, subject)
    results = closed_set(splits, _ATTACKERS, case.options.seed)
    probes = [split.probe_rows for split in splits if split.probe_rows is not None]
    rows = np.concatenate(probes)
    fold = np.repeat(np.arange(len(probes)), [len(own) for own in probes])
    mood = None if emotion is None else emotion[rows]
    significance = better_than_chance(
        [
            (result, *units(result.subject, case.groups[rows], mood, fold))
            for result in results.values()
        ],
        max(case.options.permutations, 1999),
        case.options.seed,
    )
    return Shuffled(
        rate=_best(results).rate,
        p_value=significance.p_value,
        passed=significance.p_value > CLEARLY,
    )


def reference(case: Case) -> Reference | None:
    """How well an undefended embedding of the same people gives them away."""
    if case.reference is None:
        return None
    features = case.reference
    splits = make_splits(
        features.embedding,
        features.subject,
        emotions=features.emotion,
        folds=case.options.folds,
        seed=case.options.seed,
    )
    rate = _best(closed_set(splits, _ATTACKERS, case.options.seed)).rate
    return Reference(rate=rate, utility=utility(features, case.options))


def utility(features: Features, options: Options) -> Rate | None:
    """Which emotion? Accuracy of discriminants on people held out, with emotions as labels.

    People are held out whole: otherwise a person's other samples, which mostly show other emotions,
    mislead a reader of an embedding that tells the person.

    The mean over emotions of each one's accuracy (balanced accuracy), with the interval of as many
    trials.

    Returns:
        None where emotions are unknown, or there is only one.
    """
    if features.emotion is None or len(np.unique(features.emotion)) < 2:
        return None
    splits = make_splits(
        features.embedding,
        features.emotion,
        groups=features.subject,
        folds=options.folds,
        seed=options.seed,
    )
    if not splits:
        return None
    result = closed_set(splits, (LDA,), options.seed)[LDA.name]
    each = [result.earned[result.subject == e].mean() for e in np.unique(result.subject)]
    total = len(result.subject)
    return Rate.of(round(float(np.mean(each)) * total), total)


def _splits(case: Case, embedding: Floats, subject: Labels) -> list[Split]:
    return make_splits(
        embedding,
        subject,
        emotions=case.features.emotion,
        groups=case.groups,
        folds=min(case.options.folds, 5),
        seed=case.options.seed,
    )


def _best(results: dict[str, ClosedSet]) -> ClosedSet:
    return max(results.values(), key=lambda result: result.rate.rate)
