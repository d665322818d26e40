"""Judges filters: emotion that is read, people that attackers of the audit still name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.audit.attackers import LDA, NEAREST, Attacker
from service.audit.closed_set import closed_set
from service.audit.protocol import Split, assign_folds
from service.engine.card import Result
from service.rate import Rate
from training.algorithm import Filter
from training.data.crops import UNKNOWN, CropSet
from training.data.record import EMOTIONS
from training.plan import Data, Plan, Report

STRANGER_ATTACKERS: tuple[Attacker, ...] = (LDA, NEAREST)
"""Those that learn hundreds of people in minutes."""

PIXEL_ATTACKERS: tuple[Attacker, ...] = (LDA, NEAREST)
THE_CROP = "the crop itself"
"""Stands for a level where the grey levels of the crop are attacked, with no filter."""


@dataclass(frozen=True, slots=True)
class FoldEmbeddings:
    """One set as one fold's model sees it; the model did not learn from the tested rows.

    Attributes:
        model: the fold's filter.
        embedding: float32, (N, D), without noise, of all rows.
        emotion: int64, (N,), UNKNOWN where nobody told.
        subject: int64, (N,).
        group: int64, (N,), what attackers keep together when they tune themselves.
        tested: bool, (N,).
    """

    model: Filter
    embedding: NDArray[np.float32]
    emotion: NDArray[np.int64]
    subject: NDArray[np.int64]
    group: NDArray[np.int64]
    tested: NDArray[np.bool_]

    def released(self, sigma: float, seed: int) -> NDArray[np.float32]:
        """What would be released at a level: float32, (N, D)."""
        noise = np.random.default_rng(seed).standard_normal(self.embedding.shape)
        return self.embedding + noise.astype(np.float32) * np.float32(sigma)


def judge_set(
    name: str, folds: Sequence[FoldEmbeddings], plan: Plan, report: Report
) -> list[Result]:
    """Emotion and re-identification of one cross-validated set, at each level.

    At each level the attackers hold released embeddings of the people; at each but 0, once more
    they own the model and hold embeddings without noise.
    """
    protocol = _protocol(plan)
    people = len(np.unique(folds[0].subject))
    shown = np.unique(folds[0].emotion[folds[0].emotion != UNKNOWN])
    results = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        report(f"attacking {name}", done, len(plan.levels))
        released = [fold.released(sigma, plan.seed + k) for k, fold in enumerate(folds)]
        if shown.size:
            hits = [
                _hits(fold.model, embedding[fold.tested], fold.emotion[fold.tested])
                for fold, embedding in zip(folds, released, strict=True)
            ]
            results.append(
                _emotion_result(name, protocol, level, np.concatenate(hits), len(shown), plan.seed)
            )
        galleries = {"": released}
        if sigma > 0:
            galleries[", noise-free gallery"] = [fold.embedding for fold in folds]
        for condition, gallery in galleries.items():
            splits = [
                _split(fold, own, asked)
                for fold, own, asked in zip(folds, gallery, released, strict=True)
            ]
            for attacker, outcome in closed_set(splits, plan.attackers, plan.seed).items():
                results.append(
                    Result(
                        data=name,
                        protocol=protocol,
                        level=level,
                        task="identity",
                        system=attacker + condition,
                        rate=outcome.rate,
                        chance=1 / people,
                        seed=plan.seed,
                    )
                )
    return results


def judge_pixels(data: Data, plan: Plan, report: Report) -> list[Result]:
    """Re-identification from the crops' own grey levels, on the same folds.

    It is the control of the attackers: whoever fails here would prove nothing by failing later.
    """
    results = []
    for done, (name, part) in enumerate(data.named.items()):
        report("attacking the crops themselves", done, len(data.named))
        fold = deal_folds(part, plan)
        pixels = part.crops.reshape(len(part), -1).astype(np.float64)
        splits = [
            Split(
                pixels[fold != number],
                part.subject[fold != number],
                pixels[fold == number],
                part.subject[fold == number],
                gallery_groups=part.group[fold != number],
            )
            for number in range(plan.folds)
        ]
        for attacker, outcome in closed_set(splits, PIXEL_ATTACKERS, plan.seed).items():
            results.append(
                Result(
                    data=name,
                    protocol=_protocol(plan),
                    level=THE_CROP,
                    task="identity",
                    system=attacker,
                    rate=outcome.rate,
                    chance=1 / len(np.unique(part.subject)),
                    seed=plan.seed,
                )
            )
    return results


def judge_emotion(name: str, model: Filter, held_out: CropSet, plan: Plan) -> list[Result]:
    """Emotion on images that were never learned from, at each level: plain accuracy."""
    embedding = model.embed(held_out.crops)
    results = []
    for level, sigma in plan.levels.items():
        noise = np.random.default_rng(plan.seed).standard_normal(embedding.shape)
        released = embedding + noise.astype(np.float32) * np.float32(sigma)
        hits = _hits(model, released, held_out.emotion)
        results.append(
            _emotion_result(
                name, "images held out of training", level, hits, len(EMOTIONS), plan.seed
            )
        )
    return results


def judge_strangers(
    name: str, model: Filter, strangers: CropSet, plan: Plan, report: Report
) -> list[Result]:
    """Re-identification of people that the filter never learned from, at each level."""
    embedding = model.embed(strangers.crops)
    fold = deal_folds(strangers, plan)
    people = len(np.unique(strangers.subject))
    results = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        report(f"attacking {name}", done, len(plan.levels))
        folds = [
            FoldEmbeddings(
                model,
                embedding,
                strangers.emotion,
                strangers.subject,
                strangers.group,
                fold == k,
            )
            for k in range(plan.folds)
        ]
        # One draw for all folds: here one model releases each image once.
        released = folds[0].released(sigma, plan.seed)
        splits = [_split(one, released, released) for one in folds]
        for attacker, outcome in closed_set(splits, STRANGER_ATTACKERS, plan.seed).items():
            results.append(
                Result(
                    data=name,
                    protocol=f"{plan.folds}-fold gallery and probe, people unknown to the filter",
                    level=level,
                    task="identity",
                    system=attacker,
                    rate=outcome.rate,
                    chance=1 / people,
                    seed=plan.seed,
                )
            )
    return results


def deal_folds(part: CropSet, plan: Plan) -> NDArray[np.int64]:
    """The fold in which each row of a set is tested: (N,); no group is separated."""
    return assign_folds(part.subject, part.group, plan.folds, plan.seed)


def _protocol(plan: Plan) -> str:
    return f"{plan.folds}-fold cross-validation, people known to the filter"


def _hits(
    model: Filter, released: NDArray[np.float32], emotion: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the emotion read is the one told, for those images of which one is told."""
    told = emotion != UNKNOWN
    hits: NDArray[np.bool_] = model.classify(released[told]) == emotion[told]
    return hits


def _emotion_result(
    name: str, protocol: str, level: str, hits: NDArray[np.bool_], emotions: int, seed: int
) -> Result:
    return Result(
        data=name,
        protocol=protocol,
        level=level,
        task="emotion",
        system="filter",
        rate=Rate.of(int(hits.sum()), len(hits)),
        chance=1 / emotions,
        seed=seed,
    )


def _split(fold: FoldEmbeddings, gallery: NDArray[np.float32], probe: NDArray[np.float32]) -> Split:
    known = ~fold.tested
    asked = fold.tested & np.isin(fold.subject, fold.subject[known])
    return Split(
        gallery[known].astype(np.float64),
        fold.subject[known],
        probe[asked].astype(np.float64),
        fold.subject[asked],
        gallery_groups=fold.group[known],
    )
