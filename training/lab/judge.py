"""Judges filters: emotion that is read, people that attackers of the audit still name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import LDA, LOGISTIC, NEAREST, Attacker
from faceveil.audit.closed_set import closed_set
from faceveil.audit.protocol import Split, assign_folds
from faceveil.model.card import Result
from faceveil.rate import Rate
from training.baselines import hog
from training.data.crops import UNKNOWN, CropSet
from training.lab.plan import THE_CROP, Data, Plan, Report

PIXEL_ATTACKERS: tuple[Attacker, ...] = (LDA, NEAREST)
STRANGER_ATTACKERS: tuple[Attacker, ...] = (LDA, NEAREST)
"""Those that learn hundreds of people in minutes."""

ACROSS_EMOTIONS: tuple[Attacker, ...] = (LOGISTIC, NEAREST)
"""Those that learn from one image a person, which is all that some galleries then hold."""

Floats = NDArray[np.float32] | NDArray[np.float64]


class Judged(Protocol):
    """A filter that can be judged, whatever computes it."""

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings without noise: (N, H, W) uint8 to (N, D) float32."""
        ...

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """Emotions read in released embeddings: (N, D) float32 to (N,) indices."""
        ...


@dataclass(frozen=True, slots=True)
class Fold:
    """A set, and which of its rows are tested.

    Attributes:
        part: N rows.
        tested: bool, (N,); the others are the gallery.
    """

    part: CropSet
    tested: NDArray[np.bool_]

    def splits(
        self, gallery: Floats, probe: Floats, *, across_emotions: bool = False
    ) -> list[Split]:
        """What attackers learn from and are asked.

        Args:
            gallery: (N, D), each row as the attacker knows it.
            probe: (N, D), each row as it is asked about.
            across_emotions: whether a probe is only compared with other emotions than its own.
                Where a person has one image of each emotion, a fold's gallery holds the probe's
                emotion for everybody but the probe's person, which misleads attackers: their
                failure would be the folds' doing.

        Returns:
            One split, or one an emotion; none where nobody who is asked about is in a gallery.
        """
        tested, emotion = self.tested, self.part.emotion
        if not across_emotions:
            return list(self._split(gallery, probe, ~tested, tested))
        return [
            split
            for asked in np.unique(emotion[tested & (emotion != UNKNOWN)])
            for split in self._split(
                gallery, probe, ~tested & (emotion != asked), tested & (emotion == asked)
            )
        ]

    def _split(
        self, gallery: Floats, probe: Floats, known: NDArray[np.bool_], asked: NDArray[np.bool_]
    ) -> Iterable[Split]:
        subject = self.part.subject
        asked = asked & np.isin(subject, subject[known])
        if asked.any():
            yield Split(
                gallery[known].astype(np.float64),
                subject[known],
                probe[asked].astype(np.float64),
                subject[asked],
                gallery_emotions=self.part.emotion[known],
                probe_emotions=self.part.emotion[asked],
                gallery_groups=self.part.group[known],
            )


@dataclass(frozen=True, slots=True)
class Embedded:
    """A fold as a filter sees it that did not learn from the tested rows.

    Attributes:
        fold: the rows, N of them.
        model: the filter.
        embedding: float32, (N, D), without noise.
    """

    fold: Fold
    model: Judged
    embedding: NDArray[np.float32]

    def released(self, sigma: float, seed: int) -> NDArray[np.float32]:
        """What would be released at a level: float32, (N, D)."""
        return add_noise(self.embedding, sigma, seed)


def add_noise(embedding: NDArray[np.float32], sigma: float, seed: int) -> NDArray[np.float32]:
    """Embeddings as they are released: float32, (N, D)."""
    noise = np.random.default_rng(seed).standard_normal(embedding.shape)
    return embedding + noise.astype(np.float32) * np.float32(sigma)


def deal_folds(part: CropSet, plan: Plan) -> list[Fold]:
    """A fold for each turn of the cross-validation; no group is separated."""
    turn = assign_folds(part.subject, part.group, plan.folds, plan.seed)
    return [Fold(part, turn == number) for number in range(plan.folds)]


def judge_set(name: str, seen: Sequence[Embedded], plan: Plan, report: Report) -> list[Result]:
    """Emotion and re-identification of one cross-validated set, at each level.

    Attackers hold released embeddings of the people; at levels with noise once more noise-free
    ones, as somebody has who owns the model. Both once more with other emotions only.
    """
    part = seen[0].fold.part
    protocol = f"{len(seen)}-fold cross-validation, gallery of images that the filter learned from"
    chance = 1 / len(np.unique(part.subject))
    results = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        report(f"attacking {name}", done, len(plan.levels))
        released = [one.released(sigma, plan.seed + k) for k, one in enumerate(seen)]
        hits = [
            _hits(one.model, rows[one.fold.tested], part.emotion[one.fold.tested])
            for one, rows in zip(seen, released, strict=True)
        ]
        results += _emotion(name, protocol, level, np.concatenate(hits), part, plan)
        galleries = {"": released}
        if sigma > 0:
            galleries[", noise-free gallery"] = [one.embedding for one in seen]
        for holding, gallery in galleries.items():
            for across, words, attackers in (
                (False, "", plan.attackers),
                (True, ", other emotions only", ACROSS_EMOTIONS),
            ):
                splits = [
                    split
                    for one, known, asked in zip(seen, gallery, released, strict=True)
                    for split in one.fold.splits(known, asked, across_emotions=across)
                ]
                results += _attacked(
                    name, protocol, level, splits, attackers, holding + words, chance, plan
                )
    report(f"attacking {name}", len(plan.levels), len(plan.levels))
    return results


def judge_crops(data: Data, plan: Plan, report: Report) -> list[Result]:
    """What the crops themselves tell, on the same folds: people by grey levels, emotions by HOG.

    People are the control of the attackers: whoever fails here would prove nothing by failing
    later. Emotions are the baseline of features made by hand.
    """
    results = []
    for done, (name, part) in enumerate(data.named.items()):
        report("attacking the crops themselves", done, len(data.named))
        protocol = f"{plan.folds}-fold cross-validation, the crop"
        pixels = part.crops.reshape(len(part), -1).astype(np.float64)
        folds = deal_folds(part, plan)
        splits = [split for fold in folds for split in fold.splits(pixels, pixels)]
        chance = 1 / len(np.unique(part.subject))
        results += _attacked(name, protocol, THE_CROP, splits, PIXEL_ATTACKERS, "", chance, plan)
        told = part.emotion != UNKNOWN
        if len(np.unique(part.emotion[told])) > 1:
            # The classifier that names people, asked for emotions in their place.
            moods = replace(part, subject=part.emotion).take(told)
            gradients = hog.features(moods.crops)
            splits = [
                split
                for fold in folds
                for split in Fold(moods, fold.tested[told]).splits(gradients, gradients)
            ]
            read = closed_set(splits, (LDA,), plan.seed)[LDA.name].earned == 1
            results += _emotion(name, protocol, THE_CROP, read, part, plan, "HOG, lda")
    report("attacking the crops themselves", len(data.named), len(data.named))
    return results


def judge_emotion(name: str, model: Judged, held_out: CropSet, plan: Plan) -> list[Result]:
    """Emotion on images that were never learned from, at each level: plain accuracy."""
    embedding = model.embed(held_out.crops)
    results = []
    for level, sigma in plan.levels.items():
        hits = _hits(model, add_noise(embedding, sigma, plan.seed), held_out.emotion)
        results += _emotion(name, "images held out of training", level, hits, held_out, plan)
    return results


def judge_strangers(
    name: str, model: Judged, strangers: CropSet, plan: Plan, report: Report
) -> list[Result]:
    """Re-identification of people that the filter never learned from, at each level."""
    embedding = model.embed(strangers.crops)
    folds = deal_folds(strangers, plan)
    protocol = f"{plan.folds}-fold cross-validation, people unknown to the filter"
    chance = 1 / len(np.unique(strangers.subject))
    results = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        report(f"attacking {name}", done, len(plan.levels))
        # One draw for all folds: here one model releases each image once.
        released = add_noise(embedding, sigma, plan.seed)
        splits = [split for fold in folds for split in fold.splits(released, released)]
        results += _attacked(name, protocol, level, splits, STRANGER_ATTACKERS, "", chance, plan)
    report(f"attacking {name}", len(plan.levels), len(plan.levels))
    return results


def _hits(
    model: Judged, released: NDArray[np.float32], emotion: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the emotion read is the one told, for those images of which one is told."""
    told = emotion != UNKNOWN
    hits: NDArray[np.bool_] = model.classify(released[told]) == emotion[told]
    return hits


def _emotion(
    name: str,
    protocol: str,
    level: str,
    hits: NDArray[np.bool_],
    part: CropSet,
    plan: Plan,
    reader: str = "",
) -> list[Result]:
    if not len(hits):
        return []
    shown = np.unique(part.emotion[part.emotion != UNKNOWN])
    return [
        Result(
            data=name,
            protocol=protocol,
            level=level,
            task="emotion",
            system=reader or f"filter ({len(plan.labels)} outputs)",
            rate=Rate.of(int(hits.sum()), len(hits)),
            chance=1 / len(shown),
            seed=plan.seed,
        )
    ]


def _attacked(
    name: str,
    protocol: str,
    level: str,
    splits: Sequence[Split],
    attackers: Sequence[Attacker],
    condition: str,
    chance: float,
    plan: Plan,
) -> list[Result]:
    if not splits:
        return []
    return [
        Result(
            data=name,
            protocol=protocol,
            level=level,
            task="identity",
            system=attacker + condition,
            rate=outcome.rate,
            chance=chance,
            seed=plan.seed,
        )
        for attacker, outcome in closed_set(splits, attackers, plan.seed).items()
    ]
