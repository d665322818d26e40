"""The preset `expressions`: standard expressions, a bounded rest and noise, with a guarantee.

What is proved of it stands in docs/guarantee.md; `training.filter.release` computes what is
released.
"""

from dataclasses import replace

from faceveil.model.card import Level
from training.filter.algorithm import Recipe
from training.filter.recipe import Layers
from training.filter.release import LEVELS as MU
from training.filter.release import sigma_of
from training.lab.plan import NOISE_FREE

_SUMMARIES = {
    "utility": "Least noise: what lies beyond a codeword can be told from another of its kind.",
    "balanced": "For most uses.",
    "strict": "Most noise: little of what lies beyond a codeword is left.",
}

LEVELS = {
    name: Level(sigma=sigma_of(MU[name]), summary=words) for name, words in _SUMMARIES.items()
}

MEASURED_LEVELS = {NOISE_FREE: 0.0} | {name: level.sigma for name, level in LEVELS.items()}
"""Name to sigma."""

READING = Recipe(
    layers=Layers.ATTENTION,
    filters=(32, 64, 128, 192),
    dimension=64,
    batch=256,
    beta=0.0,
    contrast=0.0,
    scatter=0.0,
    likeness=0.0,
    noise=0.0,
    adversaries=(),
    weight_decay=0.05,
    smoothing=0.0,
    votes=True,
    strong_changes=True,
    mixup=0.2,
    average=0.999,
)
"""To read emotions as well as can be, before there are codewords: of faces without names, or where
there are none of these, of those that are learned from. Attention over the last map takes the room
of a wider last block."""

READING_LABELS = replace(READING, votes=False, smoothing=0.1)
"""The same where nobody voted: a label alone is too sure of itself."""

TUTORING = replace(READING, filters=(96, 192, 384, 512))
"""For what is too large to be released, and teaches what is released to read."""


def hiding(recipe: Recipe, codewords: int, reading: Recipe = READING) -> Recipe:
    """To choose a codeword so that the choice tells nobody apart, and to read no worse for it.

    Args:
        recipe: its steps, warm-up, mixing and adversaries count.
        codewords: how many there are at most.
        reading: by which the start was trained.
    """
    return replace(
        reading,
        steps=recipe.steps,
        warm_up=recipe.warm_up,
        mixing=recipe.mixing,
        batch=128,
        beta=0.5,
        likeness=0.5,
        noise=MEASURED_LEVELS["balanced"],
        adversaries=recipe.adversaries,
        learning_rate=5e-4,
        weight_decay=0.01,
        mixup=0.0,
        average=0.99,
        remembered=reading.votes,  # a tutor teaches nothing where a label stands alone
        codewords=codewords,
    )
