"""Are these two the same person, for people the attacker has not learned?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigh
from sklearn.covariance import ledoit_wolf
from sklearn.metrics import roc_curve

from faceveil.audit.arrays import Bools, Floats, Ints, Labels
from faceveil.audit.attackers import standardiser, unit_rows
from faceveil.audit.result import Histogram, OpenSet

MOST_ROWS = 200
"""Rows of each fold that are paired with each other; more would only cost."""

LINKED_AMONG = (2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class _Fold:
    """Scores of all pairs of held-out rows, on the scale of the training people's scores."""

    scores: Floats  # (n, n)
    subject: Ints  # (n,)
    group: Ints  # (n,)
    emotion: Ints  # (n,)
    threshold: float  # of the predicate that singles out

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Rows of each pair from different groups."""
        i, j = np.triu_indices(len(self.subject), 1)
        apart = self.group[i] != self.group[j]
        return i[apart], j[apart]


def open_set(
    embedding: Floats,
    subject: Labels,
    groups: Ints,
    emotion: Labels | None,
    seed: int,
    resamples: int = 200,
) -> OpenSet | None:
    """Cross-validation by person: metrics are learned on some people and tried on others.

    Args:
        embedding: (N, D) float.
        subject: (N,) labels.
        groups: (N,) codes; pairs within a group are no evidence, and left out.
        emotion: (N,) labels or None; the null shuffles subjects within emotion.
        seed: of folds, samples, permutations and resamples.
        resamples: of the bootstrap and of the permutations.

    Returns:
        None where there are fewer than six people, or no mated pairs.
    """
    people, code = np.unique(subject, return_inverse=True)
    if len(people) < 6:
        return None
    rng = np.random.default_rng(seed)
    count = int(np.clip(len(people) // 5, 2, 5))
    fold_of = rng.permutation(np.arange(len(people)) % count)[code]
    moods = (
        np.zeros(len(code), dtype=np.int64)
        if emotion is None
        else np.unique(emotion, return_inverse=True)[1]
    )
    rows = [rng.permutation(np.flatnonzero(fold_of == f))[:MOST_ROWS] for f in range(count)]
    tried: dict[str, list[_Fold]] = {"cosine": [], "within-person whitening": []}
    for held in rows:
        fold = fold_of[held[0]]
        learned = np.flatnonzero(fold_of != fold)
        for name, learn in (("cosine", _plain), ("within-person whitening", _whitened)):
            project = learn(embedding[learned], code[learned])
            sample = rng.permutation(learned)[:MOST_ROWS]
            known = _cosine(project(embedding[sample]))
            same = code[sample][:, None] == code[sample][None, :]
            apart = groups[sample][:, None] != groups[sample][None, :]
            mated, others = known[same & apart], known[~same]
            if not len(mated):
                return None
            scale = others.std() or 1.0
            scores = (_cosine(project(embedding[held])) - others.mean()) / scale
            limit = _threshold(mated, others, len(np.unique(code[held])))
            tried[name].append(
                _Fold(
                    scores, code[held], groups[held], moods[held], (limit - others.mean()) / scale
                )
            )
    pooled = {name: _pooled(folds) for name, folds in tried.items()}
    if any(mated.all() or not mated.any() for _, mated in pooled.values()):
        return None
    errors = {name: eer(*pairs) for name, pairs in pooled.items()}
    best = min(errors, key=lambda name: errors[name])
    folds, (scores, mated) = tried[best], pooled[best]
    low, high = _eer_interval(folds, rng, resamples)
    null = [d_sys(*_pooled(folds, rng)) for _ in range(resamples)]
    accepted, rejected = det(scores, mated)
    thin = np.unique(np.linspace(0, len(accepted) - 1, 200).astype(int))
    isolated, trivial = _singling_out(folds, rng)
    return OpenSet(
        attacker=best,
        tried=errors,
        eer=errors[best],
        eer_low=low,
        eer_high=high,
        tar_at_far_1=tar_at_far(scores, mated, 0.01),
        tar_at_far_01=tar_at_far(scores, mated, 0.001),
        d_sys=d_sys(scores, mated),
        d_sys_null=float(np.mean(null)),
        d_sys_null_high=float(np.quantile(null, 0.975)),
        det=list(zip(accepted[thin].tolist(), rejected[thin].tolist(), strict=True)),
        scores=_histogram(scores, mated),
        linkability=_linkability(folds),
        singling_out=isolated,
        singling_out_trivial=trivial,
        mated=int(mated.sum()),
        non_mated=int((~mated).sum()),
    )


def _plain(embedding: Floats, subject: Ints) -> Callable[[Floats], Floats]:
    del subject
    scaler = standardiser(embedding)
    return lambda rows: np.asarray(scaler.transform(rows), dtype=np.float64)


def _whitened(embedding: Floats, subject: Ints) -> Callable[[Floats], Floats]:
    """Makes small what varies within a person, and drops no direction.

    Within-class covariance normalisation (Hatch, Kajarekar, Stolcke, Interspeech 2006) with the
    shrinkage of Ledoit and Wolf; strangers differ in other directions than the people it was
    learned on, so none is dropped as in discriminant analysis.
    """
    scaler = standardiser(embedding)
    scaled = scaler.transform(embedding)
    code = np.unique(subject, return_inverse=True)[1]
    means = np.stack([scaled[code == c].mean(axis=0) for c in range(code.max() + 1)])
    values, vectors = eigh(ledoit_wolf(scaled - means[code], assume_centered=True)[0])
    whiten = vectors / np.sqrt(np.maximum(values, max(values.max(), 1e-12) * 1e-6))
    return lambda rows: np.asarray(scaler.transform(rows) @ whiten, dtype=np.float64)


def _cosine(rows: Floats) -> Floats:
    """(n, n) cosines, rounded so that equal vectors have equal scores."""
    unit = unit_rows(rows)
    cosine: Floats = (unit @ unit.T).round(9)
    return cosine


def _pooled(folds: list[_Fold], rng: np.random.Generator | None = None) -> tuple[Floats, Bools]:
    """All folds' pairs; with `rng`, under subjects shuffled within fold and emotion."""
    pairs = []
    for fold in folds:
        subject = fold.subject
        if rng is not None:
            subject = subject.copy()
            for mood in np.unique(fold.emotion):
                rows = np.flatnonzero(fold.emotion == mood)
                subject[rows] = subject[rng.permutation(rows)]
        i, j = fold.pairs
        pairs.append((fold.scores[i, j], subject[i] == subject[j]))
    return np.concatenate([s for s, _ in pairs]), np.concatenate([m for _, m in pairs])


def det(scores: Floats, mated: Bools, weight: Floats | None = None) -> tuple[Floats, Floats]:
    """Detection error trade-off: false accept and false reject rate at every threshold.

    ISO/IEC 19795-1:2021. Equal scores pass or fail together.

    Args:
        scores: (M,) higher means more alike.
        mated: (M,) whether a pair is one person.
        weight: (M,) of each pair, or None for equal weights.

    Returns:
        Two arrays of the same length, from (0, 1) to (1, 0).
    """
    accepted, found, _ = roc_curve(mated, scores, sample_weight=weight, drop_intermediate=False)
    return accepted, 1 - found


def eer(scores: Floats, mated: Bools, weight: Floats | None = None) -> float:
    """Equal error rate, interpolated where the two rates cross between two thresholds."""
    accepted, rejected = det(scores, mated, weight)
    gap = accepted - rejected  # from -1 to 1, never falling
    after = int(np.argmax(gap >= 0))
    step = gap[after] - gap[after - 1]
    share = -gap[after - 1] / step
    return float(accepted[after - 1] + share * (accepted[after] - accepted[after - 1]))


def tar_at_far(scores: Floats, mated: Bools, far: float) -> float | None:
    """Highest true accept rate whose false accept rate is at most `far`.

    Returns:
        None where there are too few non-mated pairs for one false accept at that rate.
    """
    if (~mated).sum() * far < 1:
        return None
    accepted, rejected = det(scores, mated)
    return float(1 - rejected[accepted <= far].min())


def d_sys(scores: Floats, mated: Bools) -> float:
    """Linkability of a whole system: 0 where no score says anything, 1 where every score does.

    Gomez-Barrero, Galbally, Rathgeb, Busch, "General framework to evaluate unlinkability in
    biometric template protection systems", IEEE TIFS 13 (2018), equations 6, 10 and 11, with the
    prior ratio omega = 1: with the likelihood ratio LR(s) = p(s | mated) / p(s | non-mated), the
    local measure is D(s) = 2 LR / (1 + LR) - 1 where LR > 1, else 0, and D_sys is its mean over
    mated scores. Densities are histograms, so that chance alone gives more than 0.
    """
    low, high = scores.min(), scores.max()
    if low == high:
        return 0.0
    bins = int(np.clip(mated.sum() // 10, 5, 100))
    of_mated = np.histogram(scores[mated], bins, (low, high))[0] / mated.sum()
    of_others = np.histogram(scores[~mated], bins, (low, high))[0] / (~mated).sum()
    total = of_mated + of_others
    local = np.maximum(of_mated - of_others, 0) / np.where(total > 0, total, 1)
    return float((of_mated * local).sum())


def _eer_interval(
    folds: list[_Fold], rng: np.random.Generator, resamples: int
) -> tuple[float, float]:
    """95 % interval by bootstrap over people: a pair weighs as its two people were drawn."""
    scores, mated = _pooled(folds)
    order = np.argsort(-scores, kind="stable")
    scores, mated = scores[order], mated[order]  # so that every resample finds them sorted
    rates = []
    for _ in range(resamples):
        weight = []
        for fold in folds:
            people, code = np.unique(fold.subject, return_inverse=True)
            drawn = rng.multinomial(len(people), np.full(len(people), 1 / len(people)))[code]
            i, j = fold.pairs
            weight.append(np.where(code[i] == code[j], drawn[i], drawn[i] * drawn[j]))
        mass = np.concatenate(weight).astype(np.float64)[order]
        if mass[mated].any() and mass[~mated].any():
            rates.append(eer(scores, mated, mass))
    low, high = np.quantile(rates, [0.025, 0.975])
    return float(low), float(high)


def _linkability(folds: list[_Fold]) -> dict[int, float]:
    """N -> probability that of N people's embeddings, the person's own other one is the closest.

    Linkability of WP29 Opinion 05/2014. Where a share q of strangers is less alike than the mate,
    N - 1 strangers all are with probability q^(N - 1). Where a share t is equally alike, the mate
    wins a tie of k + 1 with probability 1 / (k + 1): ((q + t)^N - q^N) / (N t) in all.
    """
    shares, ties = [], []
    for fold in folds:
        for row, scores in enumerate(fold.scores):
            own = fold.subject == fold.subject[row]
            mates = np.sort(scores[own & (fold.group != fold.group[row])])
            others = np.sort(scores[~own])
            if len(mates) and len(others):
                below = np.searchsorted(others, mates, "left")
                level = np.searchsorted(others, mates, "right") - below
                shares.append(below / len(others))
                ties.append(level / len(others))
    q, t = np.concatenate(shares), np.concatenate(ties)
    some = np.where(t > 0, t, 1)
    return {
        n: float(np.where(t > 0, ((q + t) ** n - q**n) / (n * some), q ** (n - 1)).mean())
        for n in LINKED_AMONG
    }


def _threshold(mated: Floats, others: Floats, people: int) -> float:
    """Score above which one of `people` lies on average, if one of them is the person meant."""
    values = np.concatenate([mated, others])
    mass = np.concatenate(
        [
            np.full(len(mated), 1 / people / len(mated)),
            np.full(len(others), (1 - 1 / people) / len(others)),
        ]
    )
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    above = int(np.searchsorted(np.cumsum(mass[order]), 1 / people - 1e-9))
    lower = ranked[ranked < ranked[min(above, len(ranked) - 1)]]
    # Between two scores, so that those at the threshold pass.
    return float((ranked[above] + lower[0]) / 2 if len(lower) else ranked[above])


def _singling_out(
    folds: list[_Fold], rng: np.random.Generator, draws: int = 5
) -> tuple[float, float]:
    """Probability that 'at least so alike to this embedding' holds for exactly one person.

    Predicate singling out (Cohen, Nissim, "Towards formalizing the GDPR's notion of singling out",
    PNAS 117, 2020), with the threshold set on other people so that one of N is expected to pass.
    A predicate that ignores the data isolates with probability (1 - 1/N)^(N - 1), about 1 / e.
    """
    isolated, trivial = [], []
    for fold in folds:
        people, size = np.unique(fold.subject, return_counts=True)
        members, first = np.argsort(fold.subject, kind="stable"), np.cumsum(size) - size
        rows = np.arange(len(fold.subject))[:, None, None]
        picked = rng.integers(size, size=(len(rows), draws, len(people)))
        chosen = members[first + picked]  # (n, draws, people)
        usable = fold.group[chosen] != fold.group[rows]
        alike = usable & (fold.scores[rows, chosen] > fold.threshold)
        isolated.append(alike.sum(axis=2).ravel() == 1)
        trivial.extend([(1 - 1 / len(people)) ** (len(people) - 1)] * len(rows))
    return float(np.concatenate(isolated).mean()), float(np.mean(trivial))


def _histogram(scores: Floats, mated: Bools, bins: int = 40) -> Histogram:
    edges = np.linspace(scores.min(), scores.max() + 1e-9, bins + 1)
    of_mated = np.histogram(scores[mated], edges, density=True)[0]
    of_others = np.histogram(scores[~mated], edges, density=True)[0]
    return Histogram(
        edges=edges.round(4).tolist(),
        mated=of_mated.round(4).tolist(),
        non_mated=of_others.round(4).tolist(),
    )
