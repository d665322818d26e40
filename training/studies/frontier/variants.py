"""The preset, and the preset with one part less or another, to see what each part does."""

from dataclasses import dataclass, replace

from training.filter.algorithm import Recipe
from training.lab.plan import bare

PRESET = "strong"


@dataclass(frozen=True, slots=True)
class Variant:
    """A recipe to try.

    Attributes:
        what: differs from the preset, in words.
        recipe: of the training with people.
    """

    what: str
    recipe: Recipe


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
    }
