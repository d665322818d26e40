"""The preset `strong`, as every study takes it: crops, levels of noise, recipes."""

from dataclasses import replace
from typing import Any, TypeVar

from faceveil.model.card import Level
from faceveil.vision.align import CropGeometry
from training.data.record import EMOTIONS
from training.filter.algorithm import Recipe
from training.filter.precision import settled
from training.lab.plan import NOISE_FREE, Plan
from training.studies import expressions
from training.studies.study import StartedStudy, TrainingStudy

GEOMETRY = CropGeometry(width=48, height=48, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3))
"""From the brows to the chin: what moves when a mood does, and little hair or background."""

LEVELS = {
    "utility": Level(sigma=0.25, summary="Least noise: reads emotion best, hides least."),
    "balanced": Level(sigma=0.5, summary="For most uses."),
    "strict": Level(sigma=1.0, summary="Most noise: hides most, reads emotion worst."),
}
DEFAULT_LEVEL = "balanced"
MEASURED_LEVELS = {NOISE_FREE: 0.0} | {name: level.sigma for name, level in LEVELS.items()}
"""Name to sigma."""

PRETRAINING = Recipe(batch=128, contrast=0.5, scatter=1.0)
"""For faces without names: emotion first, and the contrast as its help."""


AnyStudy = TypeVar("AnyStudy", bound=TrainingStudy)


def with_precision(study: AnyStudy, recipe: Recipe, classes: int = len(EMOTIONS)) -> AnyStudy:
    """The study with the precision that its run is trained in; steps of the recipe are timed.

    There are no codewords in them, which are learned from what was trained.

    Raises:
        ValueError: if the run began with another one.
    """
    precision = settled(
        study.precision, replace(recipe, codewords=0), GEOMETRY.width, classes, study.folder
    )
    return replace(study, precision=precision)


def plan_of(
    study: StartedStudy,
    recipe: Recipe,
    folds: int,
    reading: Recipe = expressions.READING,
    **others: Any,
) -> Plan:
    """The plan of a study whose precision is settled.

    Args:
        study: as it was asked for; with codewords, the preset is `expressions`.
        recipe: of the training with people.
        folds: of the cross-validation.
        reading: how emotions are learned before there are codewords, where there are to be any.
        others: of the plan.
    """
    pretraining, levels = PRETRAINING, MEASURED_LEVELS
    if study.codewords:
        recipe = expressions.hiding(recipe, study.codewords, reading)
        pretraining, levels = reading, expressions.MEASURED_LEVELS
    mixed, steps = study.precision.is_mixed, study.pretraining_steps
    return Plan(
        recipe=replace(recipe, mixed_precision=mixed),
        pretraining=replace(pretraining, steps=steps, mixed_precision=mixed),
        tutoring=replace(expressions.TUTORING, steps=steps, mixed_precision=mixed),
        tutors=study.tutors,
        levels=levels,
        folds=folds,
        seed=study.seed,
        **others,
    )
