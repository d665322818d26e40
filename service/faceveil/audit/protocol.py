"""Who is in the gallery and who is the probe: cross-validation that never separates a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faceveil.audit.arrays import Floats, Ints, Labels


@dataclass(frozen=True)
class Split:
    """One fold: the gallery that the attacker learns, and the probes that it names.

    It has embeddings of its own: in training each fold has a model, and embeddings of two models
    never mix.

    Attributes:
        gallery: (G, D) float, embeddings whose subjects the attacker knows.
        gallery_subjects: (G,) whose they are, integers or strings.
        probe: (P, D) float, embeddings to be re-identified.
        probe_subjects: (P,) whose they are; all of them occur in the gallery.
        gallery_emotions: (G,) or None where emotions are not known.
        probe_emotions: (P,) or None.
        gallery_groups: (G,) what must stay together when the attacker tunes itself; None where
            every row stands alone.
        probe_rows: (P,) where the probes lie in the features they came from; None where the caller
            made the split.
        codewords: (K, D) of the model that these are embeddings of; None where it has none.
    """

    gallery: Floats
    gallery_subjects: Labels
    probe: Floats
    probe_subjects: Labels
    gallery_emotions: Labels | None = None
    probe_emotions: Labels | None = None
    gallery_groups: Labels | None = None
    probe_rows: Ints | None = None
    codewords: Floats | None = None

    def __post_init__(self) -> None:
        """Refuses shapes that do not fit, and subjects the gallery does not have.

        Raises:
            ValueError: with a sentence.
        """
        for name, rows, labels in (
            ("gallery", self.gallery, self.gallery_subjects),
            ("gallery", self.gallery, self.gallery_emotions),
            ("gallery", self.gallery, self.gallery_groups),
            ("probe", self.probe, self.probe_subjects),
            ("probe", self.probe, self.probe_emotions),
        ):
            if rows.ndim != 2 or (labels is not None and labels.shape != (len(rows),)):
                raise ValueError(f"the {name} needs (N, D) embeddings and (N,) labels")
        if self.gallery.shape[1] != self.probe.shape[1]:
            raise ValueError("gallery and probe differ in the length of an embedding")
        if not np.isin(self.probe_subjects, self.gallery_subjects).all():
            raise ValueError("a probe's subject is not in the gallery")


def assign_folds(
    subjects: Labels, groups: Labels, folds: int, seed: int, emotions: Labels | None = None
) -> Ints:
    """Deals groups to folds so that each subject is spread as evenly as its groups allow.

    Where emotions are given, they are dealt in rounds, a sample of one emotion from everybody who
    has another, and a round lands in one fold as far as it can. Otherwise the true person alone
    lacks the probe's emotion in the gallery, and an embedding that says nothing but the emotion
    points away from them: attackers then score below chance, for no reason of privacy.

    Args:
        subjects: (N,) integers or strings.
        groups: (N,) rows of one group land in one fold; a group may hold several subjects.
        folds: how many.
        seed: of the order in which equals are dealt.
        emotions: (N,) or None; a group counts with that of its first row. A person's samples of
            one emotion are spread as evenly as the person's samples.

    Returns:
        (N,) fold numbers in [0, folds).
    """
    _, subject = np.unique(subjects, return_inverse=True)
    _, group = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    rows_of = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    # The largest first, since they are the hardest to place; equals in random order.
    order = rng.permutation(len(rows_of))
    order = order[np.argsort([-len(rows_of[g]) for g in order], kind="stable")]
    held = np.zeros((folds, subject.max() + 1))  # rows of each subject in each fold
    size = np.zeros(folds)
    mood = np.zeros(len(subject), dtype=np.int64)
    if emotions is not None:
        mood = np.unique(emotions, return_inverse=True)[1]
        order = _by_rounds(order, rows_of, subject, mood, rng)
    alike = np.zeros((folds, mood.max() + 1))  # rows of each emotion in each fold
    takes = np.zeros((folds, subject.max() + 1, mood.max() + 1))
    fold = np.empty(len(subject), dtype=np.int64)
    for g in order:
        rows = rows_of[g]
        own, count = np.unique(subject[rows], return_counts=True)
        first = mood[rows[0]]
        fit = _least((held[:, own] * count).sum(axis=1), np.arange(folds))
        if emotions is not None:
            fit = _least((takes[:, own, first] * count).sum(axis=1), fit)
            fit = _least(-alike[:, first], fit)
        chosen = rng.choice(_least(size, fit))
        held[chosen, own] += count
        takes[chosen, own, first] += count
        alike[chosen, first] += len(rows)
        size[chosen] += len(rows)
        fold[rows] = chosen
    return fold


def _by_rounds(
    order: Ints, rows_of: list[Ints], subject: Ints, mood: Ints, rng: np.random.Generator
) -> Ints:
    """The same groups, those of one size by how many of their kind came before, then by emotion."""
    emotions = rng.permutation(mood.max() + 1)
    before = np.zeros((subject.max() + 1, mood.max() + 1), dtype=np.int64)
    keys = []
    for g in order:
        first = rows_of[g][0]
        kind = subject[first], mood[first]
        keys.append((-len(rows_of[g]), before[kind], emotions[mood[first]]))
        before[kind] += 1
    place = sorted(range(len(order)), key=keys.__getitem__)
    return order[place]


def _least(cost: Floats, among: Ints) -> Ints:
    least: Ints = among[cost[among] == cost[among].min()]
    return least


def make_splits(
    embedding: Floats,
    subjects: Labels,
    *,
    emotions: Labels | None = None,
    groups: Labels | None = None,
    clean: Floats | None = None,
    folds: int = 10,
    seed: int = 0,
) -> list[Split]:
    """Cross-validation by group over one set of embeddings.

    Probes whose subject has no row outside their fold are left out: nobody could know them.

    Args:
        embedding: (N, D) float.
        subjects: (N,) integers or strings.
        emotions: (N,) or None.
        groups: (N,) copies and sessions that stay together; None: every row stands alone.
        clean: (N, D) the same rows without noise, for the gallery in place of `embedding`.
        folds: how many, at most; fewer where groups or emotions leave some empty.
        seed: of the assignment.

    Raises:
        ValueError: where there are fewer than two groups.
    """
    groups = np.arange(len(embedding)) if groups is None else groups
    folds = min(folds, len(np.unique(groups)))
    if folds < 2:
        raise ValueError("cross-validation needs at least two groups of embeddings")
    fold = assign_folds(subjects, groups, folds, seed, emotions)
    enrolled = embedding if clean is None else clean
    splits = []
    for number in range(folds):
        gallery = np.flatnonzero(fold != number)
        probes = np.flatnonzero((fold == number) & np.isin(subjects, subjects[gallery]))
        if not len(probes):
            continue
        splits.append(
            Split(
                gallery=enrolled[gallery],
                gallery_subjects=subjects[gallery],
                probe=embedding[probes],
                probe_subjects=subjects[probes],
                gallery_emotions=None if emotions is None else emotions[gallery],
                probe_emotions=None if emotions is None else emotions[probes],
                gallery_groups=groups[gallery],
                probe_rows=probes,
            )
        )
    return splits


def subjects_of(splits: Sequence[Split]) -> Labels:
    """(K,) every subject that any gallery holds, sorted: the identities among which to choose."""
    return np.unique(np.concatenate([split.gallery_subjects for split in splits]))


def averaged(split: Split, length: int, seed: int) -> Split | None:
    """The same gallery, and as probes the means of `length` embeddings of one person.

    The sets are disjoint, so that they are as good as independent trials; a remainder too small
    for a set is left out.

    Args:
        split: with probes of one embedding each.
        length: how many embeddings a mean has (L).
        seed: of who is averaged with whom.

    Returns:
        A split whose probes are (sets, D) means; None where nobody has `length` probes. Emotions
        are dropped, since a mean mixes them, and each probe's row is its set's first.
    """
    rng = np.random.default_rng(seed)
    sets: list[Ints] = []
    for subject in np.unique(split.probe_subjects):
        rows = rng.permutation(np.flatnonzero(split.probe_subjects == subject))
        sets.extend(rows[: len(rows) // length * length].reshape(-1, length))
    if not sets:
        return None
    members = np.stack(sets)  # (sets, L)
    first = members[:, 0]
    return Split(
        gallery=split.gallery,
        gallery_subjects=split.gallery_subjects,
        probe=split.probe[members].mean(axis=1),
        probe_subjects=split.probe_subjects[first],
        gallery_groups=split.gallery_groups,
        probe_rows=None if split.probe_rows is None else split.probe_rows[first],
    )
