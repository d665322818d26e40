"""What an experiment is: data sorted by what their labels can teach, recipes, levels, folds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from faceveil.audit.attackers import HYBRID2FACE, LDA, LOGISTIC, NEAREST, WIDE_MLP, Attacker
from training.data.crops import CropSet
from training.data.record import EMOTIONS
from training.filter.algorithm import Recipe

UNDEFENDED = "undefended"
"""Stands for a level where the embedding of a filter without any defence is attacked."""

THE_CROP = "the crop itself"
"""Stands for a level where people and emotions are read in the crop, with no filter."""

Report = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained and judged.

    Attributes:
        recipe: of the training with people.
        pretraining: of the training before it, on the sets without names; their images are in no
            fold, so all folds start from one pretrained filter.
        levels: privacy levels, name to sigma.
        folds: of the cross-validation.
        seed: of everything.
        attackers: who tries to name the people of the folds.
        labels: the emotions that the filter reads, in the order of its output.
    """

    recipe: Recipe
    pretraining: Recipe
    levels: dict[str, float]
    folds: int
    seed: int
    attackers: tuple[Attacker, ...] = (HYBRID2FACE, LOGISTIC, LDA, NEAREST, WIDE_MLP)
    labels: tuple[str, ...] = EMOTIONS


@dataclass(frozen=True, slots=True)
class Data:
    """The sets by their names.

    Attributes:
        named: sets that tell whose face it is; folds are made of these.
        wild: sets with emotions and without names; always learned from.
        held_out: sets of emotions that are never learned from.
        strangers: sets of people that are never learned from.
    """

    named: dict[str, CropSet]
    wild: dict[str, CropSet]
    held_out: dict[str, CropSet]
    strangers: dict[str, CropSet]


def bare(recipe: Recipe) -> Recipe:
    """The recipe with emotion as its only aim, and without noise."""
    return replace(recipe, beta=0.0, contrast=0.0, scatter=0.0, likeness=0.0, noise=0.0)


def undefended(plan: Plan) -> Plan:
    """The same networks and data with emotion as the only aim: what the defence is held against."""
    return replace(
        plan,
        recipe=bare(plan.recipe),
        pretraining=bare(plan.pretraining),
        levels={UNDEFENDED: 0.0},
    )
