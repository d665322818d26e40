"""The preset, and the preset with one part less or another, to see what each part does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from training.algorithm import Filter, Recipe
from training.data.crops import CropSet
from training.frontier.released import Ensemble, Erased, Rounded
from training.judge import Judged
from training.plan import bare

PRESET = "strong"

Release = Callable[[Sequence[Filter], CropSet], Judged]


def _itself(filters: Sequence[Filter], held_back: CropSet) -> Judged:
    return filters[0]


@dataclass(frozen=True, slots=True)
class Variant:
    """A recipe to try.

    Attributes:
        what: differs from the preset, in words.
        recipe: of the training with people.
        filters: how many are trained, each with a seed of its own.
        held_back: of so many parts of what a fold could learn from, one is not learned from but
            given to `release`; 0 for none.
        release: makes what is released of the trained filters and of what was held back.
    """

    what: str
    recipe: Recipe
    filters: int = 1
    held_back: int = 0
    release: Release = _itself


def variants(recipe: Recipe) -> dict[str, Variant]:
    """By name; the preset first. All start from one filter, which the whole preset pretrained.

    Args:
        recipe: of the preset.
    """
    return {
        PRESET: Variant("the preset", recipe),
        "no defence": Variant(
            "emotion alone; noise at release only",
            bare(recipe),
        ),
        "no adversaries": Variant("beta 0", replace(recipe, beta=0.0)),
        "no contrast": Variant("cross-identity contrast 0", replace(recipe, contrast=0.0)),
        "no scatter": Variant("scatter within an emotion 0", replace(recipe, scatter=0.0)),
        "more scatter": Variant("scatter 10", replace(recipe, scatter=10.0)),
        "no teacher": Variant("likeness 0", replace(recipe, likeness=0.0)),
        "conditional": Variant(
            "adversaries are told the emotion", replace(recipe, conditional=True)
        ),
        "rounded": Variant(
            "values rounded to whole standard deviations",
            recipe,
            release=lambda filters, _: Rounded(filters[0]),
        ),
        "ensemble": Variant(
            "two filters side by side, twice as many values",
            recipe,
            filters=2,
            release=lambda filters, _: Ensemble(filters),
        ),
        "two thirds": Variant("learned from two thirds of the images", recipe, held_back=3),
        "erased": Variant(
            "two thirds, and people projected out by what the last third shows of them",
            recipe,
            held_back=3,
            release=lambda filters, held_back: Erased.fit(filters[0], held_back),
        ),
    }
