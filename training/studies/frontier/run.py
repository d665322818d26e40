"""Tries the variants on an inner split, then the preset on all folds; goes on where it was stopped.

The inner split lies within what the first fold learns from. The images that the other folds test
are in it, so whoever chooses by it has seen nine tenths of what is reported; the table says so.
What the preset is held against, on the same folds, is in `training.studies.frontier.references`.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import torch

from faceveil.audit.attackers import CONDITIONED, LADDER, KnowingEmotion
from training.data.crops import CropSet
from training.data.digest import digest
from training.data.record import DataError
from training.data.sets import SETS
from training.filter.algorithm import Filter, Recipe
from training.filter.distributed import refuse_several
from training.filter.recipe import Layers
from training.lab.experiment import pretrained
from training.lab.folds import Fold, deal, renumbered
from training.lab.judge import Embedded, judge_set
from training.lab.measurement import Measurement
from training.lab.plan import UNDEFENDED, Data, Plan, Progress, undefended
from training.lab.runner import Run
from training.studies.frontier.options import FrontierStudy
from training.studies.frontier.references import references
from training.studies.frontier.variants import Variant, chosen, variants
from training.studies.gather import WILD, gathered, refuse_at_once
from training.studies.preset import plan_of, with_precision

INNER_FOLDS = 3
REPORTED = "all folds"
"""Stands for the variant where the preset is reported."""

_APART = 1000
"""How far the seeds of two trainings on all folds lie apart."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """What was found, and what it takes to find it again.

    Attributes:
        data: title of the set.
        preset: its name among the variants.
        variants: what each is, in words, by its name.
        trained: how much each was trained, in words.
        measured: variants by name on the inner split; where these are not all that was wanted, the
            preset as `REPORTED` on all folds, seed by seed, and what it is held against on the same
            folds.
        command: that does it again.
        created: when.
        seed: the first one; the folds and the start on faces without names have no other.
        folds: on which it is reported.
    """

    data: str
    preset: str
    variants: dict[str, str]
    trained: str
    measured: list[Measurement]
    command: str
    created: str
    seed: int
    folds: int


def frontier(study: FrontierStudy, progress: Progress) -> Frontier:
    """Trains and judges.

    Raises:
        DataError: if a set is not there.
        ValueError: if the run's folder holds another run.
    """
    refuse_several("faceveil frontier")
    torch.set_num_threads(1)
    sets = (WILD, study.data_set.value)
    refuse_at_once(sets, study, teacher=study.teacher)
    recipe = Recipe(steps=study.steps)
    _variants_of(study, plan_of(study, recipe, study.folds).recipe)
    crops = gathered(sets, study, progress, sets if study.teacher else ())
    study = with_precision(study, plan_of(study, recipe, study.folds).recipe)
    attackers = (*LADDER, *map(KnowingEmotion, CONDITIONED))
    plan = plan_of(study, recipe, study.folds, attackers=attackers)
    return tried(crops[WILD], crops[study.data_set], plan, study, progress)


def tried(
    wild: CropSet, part: CropSet, plan: Plan, study: FrontierStudy, progress: Progress
) -> Frontier:
    """Tries the variants on a set, from a start on faces without names, and reports the preset.

    Raises:
        DataError: if the set is too small for the folds.
        ValueError: if the run's folder holds another run.
    """
    if len(part) < 2 * study.folds or len(np.unique(part.group)) < study.folds:
        raise DataError(f"Too few pictures for {study.folds} folds.")
    outer = plan.deal(part)
    inner = deal(outer[0].learned, INNER_FOLDS, plan.seed + 1)
    every = variants(plan.recipe)
    trying = _variants_of(study, plan.recipe)
    columns = ("crops", "emotion", "subject", "group", "likeness", "votes")
    digests = [digest(*(getattr(c, name) for name in columns)) for c in (wild, part)]
    # With other folds, a cached filter would have learned from images that it is tested on.
    digests.append(digest(*(fold.tested for fold in (*outer, *inner))))
    tries = {name: asdict(variant.recipe) for name, variant in every.items()}
    purpose = json.dumps([asdict(plan.trained), tries, digests])
    run = Run.claimed(study.folder, purpose, progress)
    title = SETS[study.data_set].info.name
    data = Data({}, {WILD: wild}, {}, {})

    def judged(
        variant: Variant, name: str, dealt: list[Fold], own: Plan, start: Filter | None
    ) -> list[Measurement]:
        embedded = _trained(variant.recipe, name, dealt, own, start, run)
        return judge_set(title, embedded, own, run.within(name), name)

    @cache
    def start_of(layers: Layers, filters: tuple[int, ...]) -> Filter | None:
        own = replace(plan.pretraining, layers=layers, filters=filters)
        name = "pretrained" if own == plan.pretraining else f"pretrained-{layers}"
        return pretrained(data, replace(plan, pretraining=own), run, name)

    measured = []
    for name, variant in trying.items():
        start = start_of(variant.recipe.layers, variant.recipe.filters)
        measured += judged(variant, name, inner, plan, start)
    preset, *_ = every
    if study.only is None:
        start = start_of(plan.recipe.layers, plan.recipe.filters)
        for number in range(study.seeds):
            own = replace(plan, seed=plan.seed + _APART * number)
            measured += judged(every[preset], REPORTED, outer, own, start)
        bare = undefended(plan)
        bare_run = replace(run.within(UNDEFENDED), folder=run.folder / UNDEFENDED)
        bare_start = pretrained(data, bare, bare_run)
        only_emotion = Variant("emotion as the only aim", bare.recipe)
        measured += judged(only_emotion, UNDEFENDED, outer, bare, bare_start)
        numbered = renumbered(part)
        measured += references(
            [replace(fold, part=numbered) for fold in outer],
            study.data_set.value,
            title,
            plan.seed,
            study.folder / "references",
            progress,
        )
    return Frontier(
        data=title,
        preset=preset,
        variants={name: variant.what for name, variant in trying.items()},
        trained=_amount(study),
        measured=measured,
        command=study.command,
        created=datetime.now(UTC).date().isoformat(),
        seed=study.seed,
        folds=study.folds,
    )


def _variants_of(study: FrontierStudy, preset: Recipe) -> dict[str, Variant]:
    """Those that are to be tried.

    Raises:
        DataError: if one that is wanted is unknown.
    """
    every = variants(preset)
    if not study.teacher:
        del every["no teacher"]
    return chosen(every, study.only)


def _amount(study: FrontierStudy) -> str:
    """How much is trained, in words."""
    words = [f"{study.steps} after {study.pretraining_steps}"]
    words += ["teacher"] if study.teacher else []
    words += [f"tutors: {study.tutors}"] if study.tutors else []
    return ", ".join(words)


def _trained(
    recipe: Recipe, name: str, dealt: list[Fold], plan: Plan, start: Filter | None, run: Run
) -> list[Embedded]:
    """Trains a filter a fold on the set's own images, and embeds all of them by it."""
    folder = (f"{name} {plan.seed}" if name == REPORTED else name).replace(" ", "-")
    embedded = []
    for number, fold in enumerate(dealt):
        model = run.trained(
            f"{folder}/fold-{number}",
            fold.learned,
            recipe,
            classes=len(plan.labels),
            seed=plan.seed + number,
            start=start,
            stage=f"training: {name}",
            before=recipe.steps * number,
            total=recipe.steps * len(dealt),
        )
        embedded.append(Embedded.by(model, fold))
    return embedded
