"""Which systems a reproduction compares, in full and in the quick version."""

from dataclasses import dataclass, replace

from faceveil.audit.attackers import CONDITIONED, LADDER, QUICK, KnowingEmotion
from training.baselines.degradations import STRENGTHS
from training.filter.algorithm import Recipe
from training.filter.recipe import Layers
from training.lab.judge import ACROSS_EMOTIONS, PIXEL_ATTACKERS
from training.lab.system import System
from training.paper.preset import Preset
from training.paper.published import PAPER
from training.studies.features import control_systems, degraded_systems, hand_made_systems
from training.studies.preset import DEFAULT_LEVEL, LEVELS
from training.studies.reproduction.paper_systems import paper_systems
from training.studies.reproduction.strong_system import strong_system

FROM_SCRATCH = Recipe(
    filters=(32, 64, 128), layers=Layers.PLAIN, steps=700, scatter=0.0, likeness=0.0, jitter=1.0
)
"""For `strong` where it has a few hundred images to learn from and no start on faces in the wild:
with layers like the paper's, and crops turned, scaled and shifted less. `faceveil frontier` judges
the preset with that start."""

QUICK_TURNS = 3
_QUICK_IMAGES = 1000
_QUICK_ITERATIONS = 5
_QUICK_EPOCHS = 15
_QUICK_STEPS = 150


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is to be done.

    Attributes:
        systems: in the order in which they run.
        images: to how many the set is augmented.
        turns: how many of the folds are tested; none for all.
        cut: sentences that say what is less than in full; [] in full.
    """

    systems: list[System]
    images: int
    turns: int | None
    cut: list[str]


def catalogue(data: str, *, quick: bool, seed: int, mixed_precision: bool = True) -> Catalogue:
    """The systems for one of the paper's sets.

    Args:
        data: `jaffe` or `yale`.
        quick: whether minutes are to do.
        seed: of the run; the augmentation's is derived from it.
        mixed_precision: whether the convolutions of the preset strong are trained in bfloat16.
    """
    published = PAPER[data]
    preset = Preset(iterations=published.iterations, images=published.images)
    recipe = replace(FROM_SCRATCH, mixed_precision=mixed_precision)
    attackers = (*LADDER, *map(KnowingEmotion, CONDITIONED))
    strengths = STRENGTHS
    cut: list[str] = []
    if quick:
        preset = replace(
            preset, iterations=_QUICK_ITERATIONS, images=_QUICK_IMAGES, epochs=_QUICK_EPOCHS
        )
        recipe = replace(recipe, steps=_QUICK_STEPS, warm_up=_QUICK_STEPS // 5)
        attackers = QUICK
        strengths = {name: tried[1::2] for name, tried in STRENGTHS.items()}
        cut = [
            f"{QUICK_TURNS} of the folds are tested, so intervals are wide.",
            f"{_QUICK_ITERATIONS} iterations of Algorithm 1 instead of {published.iterations}.",
            f"{_QUICK_IMAGES} images after augmentation instead of {published.images}, and at most "
            f"{_QUICK_EPOCHS} epochs from scratch instead of {Preset().epochs}.",
            f"{_QUICK_STEPS} updates of the preset strong instead of {FROM_SCRATCH.steps}.",
            f"{len(QUICK)} attackers, the quick ones, so less is found; half of the degradations.",
        ]
    systems = [
        *control_systems(PIXEL_ATTACKERS),
        *hand_made_systems(),
        *paper_systems(preset, attackers, ACROSS_EMOTIONS, copies_seed=seed),
        strong_system(recipe, LEVELS[DEFAULT_LEVEL].sigma, attackers, ACROSS_EMOTIONS),
        *degraded_systems(strengths),
    ]
    return Catalogue(systems, preset.images, QUICK_TURNS if quick else None, cut)
