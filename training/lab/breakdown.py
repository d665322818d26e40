"""How well emotions are read in each kind of pictures: by emotion, sex, age and origin.

Mitchell et al. 2019, "Model cards for model reporting", section 4.3: figures of one kind may hide
in those of all.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from faceveil.model.card import Breakdown, Kind
from faceveil.prior import PriorChoice
from faceveil.rate import Estimate, Rate
from training.data.crop_set import UNKNOWN, CropSet
from training.lab.folds import Fold
from training.lab.judge import add_noise
from training.lab.plan import Plan
from training.lab.reading import Judged, emotions_read, priors_of

FEWEST = 5
"""People of one kind, at least: a figure of fewer tells of somebody, and not of a kind."""


def of_folds(
    name: str, dealt: Sequence[Fold], models: Sequence[Judged], plan: Plan, level: str
) -> list[Breakdown]:
    """A cross-validated set, each picture read by the filter that did not learn from it.

    Args:
        name: of the set.
        dealt: its folds.
        models: one a fold.
        plan: of the cross-validation.
        level: of the noise, which is drawn as `judge_set` draws it.

    Returns:
        One for each prior; none where no emotions are known.
    """
    part = dealt[0].part
    if (part.emotion == UNKNOWN).all():
        return []
    noisy = [
        add_noise(model.embed(fold.part.crops), plan.levels[level], plan.seed + fold.number)
        for model, fold in zip(models, dealt, strict=True)
    ]
    found = []
    for prior in priors_of(models):
        read = np.full(len(part), UNKNOWN)
        for model, fold, released in zip(models, dealt, noisy, strict=True):
            read[fold.tested] = emotions_read(model, released[fold.tested], prior)
        protocol = f"{len(dealt)}-fold cross-validation"
        found.append(_broken_down(name, protocol, part, read, prior, plan, level))
    return found


def of_set(
    name: str, protocol: str, part: CropSet, model: Judged, plan: Plan, level: str
) -> list[Breakdown]:
    """A set that the filter did not learn from.

    Args:
        name: of the set.
        protocol: how it was measured.
        part: the set.
        model: the filter.
        plan: its labels, levels and seed.
        level: of the noise.

    Returns:
        One for each prior; none where no emotions are known.
    """
    if (part.emotion == UNKNOWN).all():
        return []
    released = add_noise(model.embed(part.crops), plan.levels[level], plan.seed)
    return [
        _broken_down(
            name, protocol, part, emotions_read(model, released, prior), prior, plan, level
        )
        for prior in priors_of([model])
    ]


def mean_recall(recalls: Sequence[Rate]) -> Estimate:
    """Mean of the emotions' recalls, with an interval that their own make up.

    Zou, Huang, Zhang 2009, "A note on confidence interval estimation for a linear function of
    binomial proportions". It has a width where every picture of an emotion is read
    rightly, or none, in which resampling sees no chance at work.

    Args:
        recalls: of each emotion.
    """
    each, low, high = (
        np.array([getattr(one, end) for one in recalls]) for end in ("rate", "low", "high")
    )
    mean = float(each.mean())
    below, above = (
        float(np.linalg.norm(reach)) / len(recalls) for reach in (each - low, high - each)
    )
    return Estimate(value=mean, low=mean - below, high=mean + above)


def _broken_down(
    name: str,
    protocol: str,
    part: CropSet,
    read: NDArray[np.int64],
    prior: PriorChoice,
    plan: Plan,
    level: str,
) -> Breakdown:
    labelled = part.emotion != UNKNOWN
    part, read = part.take(labelled), read[labelled]
    kinds = [*_by_emotion(part, read, plan.labels), *_by_trait(part, read)]
    recalls = [kind.recall for kind in kinds if kind.by == "emotion"]
    return Breakdown(
        data=name,
        protocol=protocol,
        level=level,
        prior=prior,
        mean_recall=mean_recall(recalls),
        kinds=kinds,
        seed=plan.seed,
    )


def _by_emotion(part: CropSet, read: NDArray[np.int64], labels: Sequence[str]) -> Iterator[Kind]:
    for emotion in np.unique(part.emotion).tolist():
        shown, said = part.emotion == emotion, read == emotion
        yield Kind(
            by="emotion",
            name=labels[emotion],
            recall=_rate(said[shown]),
            precision=_rate(shown[said]) if said.any() else None,
        )


def _by_trait(part: CropSet, read: NDArray[np.int64]) -> Iterator[Kind]:
    right = read == part.emotion
    for trait, words in part.traits.items():
        for word in np.unique(words[words != ""]).tolist():
            alike = words == word
            if len(np.unique(part.subject[alike])) >= FEWEST:
                yield Kind.model_validate(
                    {"by": trait, "name": word, "recall": _rate(right[alike])}
                )


def _rate(hits: NDArray[np.bool_]) -> Rate:
    return Rate.of(int(hits.sum()), len(hits))
