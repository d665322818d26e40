"""From supplied features to a case that can be audited: copies, sessions, too few, too many."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from faceveil.audit.arrays import Bools, Floats, Ints, Labels
from faceveil.audit.features import Features, FeaturesError
from faceveil.audit.protocol import Split, make_splits
from faceveil.audit.remarks import remarks, with_emotions
from faceveil.audit.result import Data
from faceveil.guarantee import Promise, beyond, nearest

NEAR = 0.01
"""Rows nearer than this share of the usual distance between two rows are one picture."""


class Options(BaseModel):
    """How an audit is done."""

    model_config = ConfigDict(frozen=True)

    folds: int = Field(default=10, ge=2, le=50)
    seed: int = 0
    quick: bool = False
    permutations: int = Field(default=1000, ge=99)
    max_samples: int = Field(default=10_000, ge=10)
    max_subjects: int = Field(default=200, ge=2)
    limit: str | None = None
    valid_days: int = Field(default=180, ge=1)
    promise: Promise | None = None


@dataclass(frozen=True)
class Case:
    """Everything that the steps of an audit read; the same features and options give the same.

    Attributes:
        features: what is audited, after leaving out and sampling.
        groups: (N,) codes of what is never separated.
        alone: (N,) whether a row has noise that no other counted row has: of copies of one picture
            the first counts, and none where they are not in one group.
        clean: the noise-free gallery; None where not supplied.
        splits: the folds.
        halves: two folds, so that each person has many probes, for attacks on sets.
        clean_splits: folds whose galleries are free of noise; empty where not supplied.
        reference: an undefended embedding, after its own leaving out; None where not supplied.
        options: how.
        data: the account of it.
    """

    features: Features
    groups: Ints
    alone: Bools
    splits: list[Split]
    halves: list[Split]
    clean_splits: list[Split]
    reference: Features | None
    options: Options
    data: Data

    @property
    def people(self) -> Labels:
        """(K,) the people, sorted."""
        return np.unique(self.features.subject)


def prepare(
    features: Features,
    options: Options | None = None,
    gallery: Features | None = None,
    reference: Features | None = None,
) -> Case:
    """Checks, merges, leaves out, samples and splits; says what it did in `Case.data`.

    Args:
        features: what is audited.
        options: how.
        gallery: the same embeddings without noise. With the same subjects row by row, it stands in
            for the gallery fold by fold; otherwise all of it is taken as photographs taken apart.
        reference: an undefended embedding of the same kind of data.

    Raises:
        FeaturesError: where fewer than two people can be audited, or the gallery does not fit.
    """
    options = options or Options()
    everyone = features
    notes = remarks(features)
    if options.promise and len(options.promise.codewords[0]) != features.embedding.shape[1]:
        raise FeaturesError(
            f"The embeddings have {features.embedding.shape[1]} values; those of the model whose "
            f"guarantee they are held to have {len(options.promise.codewords[0])}."
        )
    features, unknown = with_emotions(features, "embeddings")
    notes += unknown
    pictures = one_picture(features, _codewords(options))
    copies, shared = _copies(features.subject, pictures)
    groups = _groups(features, copies)
    rows, set_aside = _enough(features.subject, groups)
    rows, sampled = _sample(rows, features.subject, options)
    features, groups = features[rows], groups[rows]
    alone = _alone(pictures[rows], groups)
    people = np.unique(features.subject)
    if len(people) < 2:
        raise FeaturesError(
            "An audit needs at least two people with two samples that can be told apart "
            "(copies, and one session, count as one sample)."
        )
    if features.embedding.std(axis=0).max() == 0:
        notes.append("All embeddings are equal.")
    clean_splits: list[Split] = []
    kind = "none"
    if gallery is not None:
        gallery, unknown = with_emotions(gallery, "embeddings of the gallery")
        notes += unknown
        if gallery.embedding.shape[1] != features.embedding.shape[1]:
            raise FeaturesError("The gallery's embeddings have another length than the features'.")
        if gallery.subject.tolist() == everyone.subject.tolist():
            kind, clean_splits = "same rows", _splits(features, groups, options, gallery[rows])
        else:
            kind, clean_splits = "other rows", [_apart(features, gallery, options)]
    splits = _splits(features, groups, options)
    if not splits:
        raise FeaturesError("No fold has a person with samples on both of its sides.")
    if reference is not None:
        reference, unknown = with_emotions(reference, "embeddings of the reference")
        notes += unknown
        groups_there = _groups(reference, _copies(reference.subject, one_picture(reference))[0])
        reference = reference[_enough(reference.subject, groups_there)[0]]
    data = Data(
        samples=len(features),
        subjects=len(people),
        dimensions=features.embedding.shape[1],
        emotions=[] if features.emotion is None else np.unique(features.emotion).tolist(),
        sessions=None if features.session is None else len(_named(features.session)),
        samples_supplied=len(everyone),
        subjects_supplied=len(np.unique(everyone.subject)),
        digest=everyone.digest,
        model=everyone.model,
        gallery=kind,
        copies=[rows.tolist() for rows in copies],
        shared=[rows.tolist() for rows in shared],
        set_aside=set_aside,
        sampled=sampled,
        notes=notes,
    )
    halves = make_splits(
        features.embedding, features.subject, groups=groups, folds=2, seed=options.seed
    )
    return Case(features, groups, alone, splits, halves, clean_splits, reference, options, data)


def one_picture(features: Features, codewords: Floats | None = None) -> Ints:
    """(N,) codes: rows with the same code are exact or near copies of each other.

    Nearness is Euclidean between standardised embeddings, and chains join. Where there are
    codewords, which lie far apart, copies share one, and what lies beyond it counts as the
    embedding: beside the distance of two codewords all that share one would be near.
    """
    rows = features.embedding
    if codewords is not None:
        rows = beyond(rows, codewords)
    spread = rows.std(axis=0)
    scaled = (rows - rows.mean(axis=0)) / np.where(spread, spread, 1)
    if codewords is not None:
        apart = 2 * np.abs(scaled).max() * nearest(features.embedding, codewords)
        scaled = np.column_stack([scaled, apart])
    distinct, code = np.unique(scaled, axis=0, return_inverse=True)
    rng = np.random.default_rng(0)
    left, right = rng.integers(len(scaled), size=(2, 10_000))
    between = (scaled[left] - scaled[right])[:, : rows.shape[1]]
    usual = float(np.median(np.linalg.norm(between, axis=1)))
    pairs = cKDTree(distinct).query_pairs(NEAR * usual, output_type="ndarray")
    size = len(distinct)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    component: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return component[code]


def _copies(subject: Labels, pictures: Ints) -> tuple[list[Ints], list[Ints]]:
    """Sets of rows that are one picture of one person, and of several people.

    Only the first are grouped: where different people share a value, that two rows of one person
    share it too does not mean that they are one photograph.
    """
    sizes = np.bincount(pictures)
    copies, shared = list[Ints](), list[Ints]()
    for rows in np.split(np.argsort(pictures, kind="stable"), np.cumsum(sizes)[:-1]):
        if len(rows) > 1:
            (shared if len(np.unique(subject[rows])) > 1 else copies).append(rows)
    return copies, shared


def _groups(features: Features, copies: list[Ints]) -> Ints:
    """(N,) codes that join copies and sessions; what has no session is one by itself.

    Where all that someone has are copies of one picture, they stay apart: an embedding that is the
    same whenever it is that person is a leak, not a repeated photograph.
    """
    size = len(features)
    left, right = [], []
    for rows in copies:
        if len(rows) < (features.subject == features.subject[rows[0]]).sum():
            left.append(np.full(len(rows) - 1, rows[0]))
            right.append(rows[1:])
    if features.session is not None:
        rows = np.flatnonzero(features.session != "")
        _, first, code = np.unique(features.session[rows], return_index=True, return_inverse=True)
        left.append(rows[first[code]])
        right.append(rows)
    ends = (np.concatenate([[], *left]).astype(int), np.concatenate([[], *right]).astype(int))
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
    joined: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return joined


def _alone(pictures: Ints, groups: Ints) -> Bools:
    """(N,) mask: see `Case.alone`."""
    _, first, code = np.unique(pictures, return_index=True, return_inverse=True)
    in_groups = np.bincount(np.unique(np.stack([code, groups]), axis=1)[0])
    return np.isin(np.arange(len(pictures)), first[in_groups == 1])


def _enough(subject: Labels, groups: Ints) -> tuple[Ints, dict[str, str]]:
    """Rows of people who have two groups or more, and why the others are set aside."""
    people, code, samples = np.unique(subject, return_inverse=True, return_counts=True)
    pairs = np.unique(np.stack([code, groups]), axis=1)
    few = np.bincount(pairs[0], minlength=len(people)) < 2
    set_aside = {
        str(people[person]): "one sample"
        if samples[person] == 1
        else "all samples are one session or one picture"
        for person in np.flatnonzero(few)
    }
    return np.flatnonzero(~few[code]), set_aside


def _sample(rows: Ints, subject: Labels, options: Options) -> tuple[Ints, str | None]:
    """At most `max_subjects` people and `max_samples` of the rows, drawn by person."""
    people = np.unique(subject[rows])
    rng = np.random.default_rng(options.seed)
    if len(people) <= options.max_subjects and len(rows) <= options.max_samples:
        return rows, None
    chosen = rng.permutation(people)[: options.max_subjects]
    share = max(2, options.max_samples // len(chosen))
    own = [rng.permutation(rows[subject[rows] == person])[:share] for person in chosen]
    sample = np.sort(np.concatenate(own))
    return sample, (
        f"Drawn at random by person: {len(chosen)} of {len(people)} people, at most {share} "
        f"samples each, {len(sample)} of {len(rows)} samples."
    )


def _named(labels: Labels) -> Labels:
    """The different labels that are known, sorted."""
    return np.unique(labels[labels != ""])


def _splits(
    features: Features, groups: Ints, options: Options, clean: Features | None = None
) -> list[Split]:
    splits = make_splits(
        features.embedding,
        features.subject,
        emotions=features.emotion,
        groups=groups,
        clean=None if clean is None else clean.embedding,
        folds=options.folds,
        seed=options.seed,
    )
    return [replace(split, codewords=_codewords(options)) for split in splits]


def _codewords(options: Options) -> Floats | None:
    return None if options.promise is None else np.array(options.promise.codewords)


def _apart(features: Features, gallery: Features, options: Options) -> Split:
    gallery = gallery[np.flatnonzero(np.isin(gallery.subject, features.subject))]
    rows = np.flatnonzero(np.isin(features.subject, gallery.subject))
    if not len(rows):
        raise FeaturesError("The gallery has none of the people in the features.")
    probes = features[rows]
    known = gallery.emotion is not None and probes.emotion is not None
    return Split(
        gallery=gallery.embedding,
        gallery_subjects=gallery.subject,
        probe=probes.embedding,
        probe_subjects=probes.subject,
        gallery_emotions=gallery.emotion if known else None,
        probe_emotions=probes.emotion if known else None,
        probe_rows=rows,
        codewords=_codewords(options),
    )
