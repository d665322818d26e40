"""Judges a filter on a whole set of people whom it has never seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import NEAREST
from faceveil.audit.closed_set import closed_set
from faceveil.audit.open_set import open_set
from faceveil.audit.protocol import Split
from faceveil.rate import Rate
from training.data.crops import UNKNOWN, CropSet
from training.lab.judge import (
    ACROSS_EMOTIONS,
    STRANGER_ATTACKERS,
    Floats,
    Judged,
    add_noise,
    deal_folds,
)
from training.lab.plan import Plan
from training.lab.reconstruction import learn_decoder, looks


@dataclass(frozen=True, slots=True)
class Shown:
    """What is read where an emotion is shown.

    Attributes:
        emotion: that is told.
        images: how many show it.
        read: emotions and how often each is read, most often first.
    """

    emotion: str
    images: int
    read: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set tells of a filter at a level.

    Attributes:
        data: name of the set.
        emotion: balanced accuracy over the emotions shown, read with all outputs, with the interval
            of as many trials; None where no emotions are told.
        attacker: whose rank-1 is the highest; a gallery free of noise is tried too.
        rank1: that rank-1; between different emotions where they are told.
        drawn: rank-1 of whoever draws the face from the embedding and looks whose it is; None where
            no pictures were there to learn drawing from.
        chance: what guessing scores at that.
        eer: equal error rate of the best of several ways to compare two embeddings, with a 95 %
            interval by resampling people; 0.5 is chance. None where people are too few.
    """

    data: str
    emotion: Rate | None
    attacker: str
    rank1: Rate
    drawn: Rate | None
    chance: float
    eer: tuple[float, float, float] | None
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """What somebody who owns the filter has: faces of whomever, and what it makes of them.

    Attributes:
        crops: uint8, (N, H, W).
        embedding: float32, (N, D), without noise.
    """

    crops: NDArray[np.uint8]
    embedding: NDArray[np.float32]


def judge(
    name: str,
    part: CropSet,
    model: Judged,
    sigma: float,
    plan: Plan,
    pictures: Pictures | None = None,
) -> Figures:
    """Emotion, rank-1 and equal error rate on a set that was left out.

    Args:
        name: of the set.
        part: the set, with everybody named.
        model: a filter that learned nothing from it.
        sigma: of the noise that is released.
        plan: its seed, and folds where no emotions are told.
        pictures: from which the attacker who draws faces learns to.
    """
    clean = model.embed(part.crops)
    released = add_noise(clean, sigma, plan.seed)
    galleries = {"": released} if sigma == 0 else {"": released, ", noise-free gallery": clean}
    told = bool((part.emotion != UNKNOWN).all())
    tried = {
        attacker + words: outcome.rate
        for words, gallery in galleries.items()
        for attacker, outcome in closed_set(
            _across(part, gallery, released) if told else _folds(part, gallery, released, plan),
            ACROSS_EMOTIONS if told else STRANGER_ATTACKERS,
            plan.seed,
        ).items()
    }
    drawn = None
    if pictures is not None:
        noisy = add_noise(pictures.embedding, sigma, plan.seed + 1)
        decoder = learn_decoder(noisy, pictures.crops, seed=plan.seed)
        real, redrawn = looks(part.crops), looks(decoder.draw(released))
        splits = _across(part, real, redrawn) if told else _folds(part, real, redrawn, plan)
        drawn = closed_set(splits, (NEAREST,), plan.seed)[NEAREST.name].rate
    worst = max(tried, key=lambda attacker: tried[attacker].rate)
    compared = open_set(
        released.astype(np.float64),
        part.subject,
        part.group,
        part.emotion if told else None,
        plan.seed,
    )
    read = model.classify(released)
    return Figures(
        data=name,
        emotion=balanced(read, part.emotion),
        attacker=worst,
        rank1=tried[worst],
        drawn=drawn,
        chance=1 / len(np.unique(part.subject)),
        eer=None if compared is None else (compared.eer, compared.eer_low, compared.eer_high),
        shown=read_as(read, part.emotion, plan.labels),
    )


def balanced(read: NDArray[np.int64], told: NDArray[np.int64]) -> Rate | None:
    """Mean over emotions of each one's accuracy (balanced accuracy).

    Args:
        read: (N,) emotions that were read.
        told: (N,) emotions that are so; UNKNOWN ones are left out.
    """
    shown = [emotion for emotion in np.unique(told) if emotion != UNKNOWN]
    if not shown:
        return None
    each = [(read[told == emotion] == emotion).mean() for emotion in shown]
    total = int((told != UNKNOWN).sum())
    return Rate.of(round(float(np.mean(each)) * total), total)


def read_as(
    read: NDArray[np.int64], told: NDArray[np.int64], labels: Sequence[str]
) -> tuple[Shown, ...]:
    """Which emotions are read where one is told.

    Args:
        read: (N,) emotions that were read.
        told: (N,) emotions that are so; UNKNOWN ones are left out.
        labels: names of emotions.
    """
    found = []
    for emotion in np.unique(told[told != UNKNOWN]).tolist():
        often = Counter(read[told == emotion].tolist()).most_common()
        counts = tuple((labels[code], count) for code, count in often)
        found.append(Shown(labels[emotion], int((told == emotion).sum()), counts))
    return tuple(found)


def _across(part: CropSet, gallery: Floats, probe: Floats) -> list[Split]:
    """One split an emotion: its images are asked about, all others are known."""
    splits = []
    for emotion in np.unique(part.emotion):
        asked = part.emotion == emotion
        asked &= np.isin(part.subject, part.subject[part.emotion != emotion])
        splits.append(_split(part, gallery, probe, part.emotion != emotion, asked))
    return splits


def _folds(part: CropSet, gallery: Floats, probe: Floats, plan: Plan) -> list[Split]:
    splits = []
    for fold in deal_folds(part, plan):
        asked = fold.tested & np.isin(part.subject, part.subject[~fold.tested])
        splits.append(_split(part, gallery, probe, ~fold.tested, asked))
    return splits


def _split(
    part: CropSet,
    gallery: Floats,
    probe: Floats,
    known: NDArray[np.bool_],
    asked: NDArray[np.bool_],
) -> Split:
    return Split(
        gallery[known].astype(np.float64),
        part.subject[known],
        probe[asked].astype(np.float64),
        part.subject[asked],
        gallery_groups=part.group[known],
    )
