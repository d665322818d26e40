"""The preset, and the preset with one part less or another, to see what each part does."""

from dataclasses import dataclass, replace

from training.data.record import DataError
from training.filter.recipe import Layers, Recipe
from training.lab.plan import bare

STRONG = "strong"
EXPRESSIONS = "expressions"

BASES: dict[Layers, tuple[str, tuple[int, ...]]] = {
    Layers.RESIDUAL: ("a base of residual blocks", (32, 64, 128, 256)),
    Layers.ATTENTION: (
        "a base of residual blocks with self-attention over the last map",
        (32, 64, 128, 192),
    ),
    Layers.MOBILE: ("a base of inverted residuals, as in MobileNetV2", (32, 64, 128, 256)),
    Layers.INCEPTION: ("a base of parallel kernels, as in Inception", (32, 64, 128, 256)),
}
"""What they are in words, and their filters: each base has at most 1.25 million values."""

CODEWORDS = (16, 32, 64, 128)


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
    """By name; the preset first. All of one base start from one filter, pretrained as the preset's.

    Args:
        recipe: of the preset: with codewords, `expressions`, and otherwise `strong`.
    """
    every = {EXPRESSIONS if recipe.codewords else STRONG: Variant("the preset", recipe)}
    every |= {
        "no defence": Variant("emotion alone; noise at release only", bare(recipe)),
        "no adversaries": Variant("beta 0", replace(recipe, beta=0.0)),
        "controlled": Variant(
            "a bandit chooses beta and the adversaries' restarts, and learns from a fifth less",
            replace(recipe, controlled=True),
        ),
    }
    if recipe.codewords:
        every |= {
            f"{count} codewords": Variant(
                f"at most {count} standard expressions", replace(recipe, codewords=count)
            )
            for count in CODEWORDS
            if count != recipe.codewords
        }
        every["not remembered"] = Variant(
            "the start is no tutor", replace(recipe, remembered=False)
        )
    else:
        every |= {
            "no contrast": Variant("cross-identity contrast 0", replace(recipe, contrast=0.0)),
            "no scatter": Variant("scatter within an emotion 0", replace(recipe, scatter=0.0)),
            "more scatter": Variant("scatter 10", replace(recipe, scatter=10.0)),
        }
    every["no teacher"] = Variant("likeness 0", replace(recipe, likeness=0.0))
    for layers, (what, filters) in BASES.items():
        if layers != recipe.layers:
            every[layers.value] = Variant(what, replace(recipe, layers=layers, filters=filters))
    return every


def chosen(every: dict[str, Variant], only: str | None) -> dict[str, Variant]:
    """Those that are named, in their order; all where none are.

    Args:
        every: variant.
        only: names, with commas.

    Raises:
        DataError: if one is unknown.
    """
    if only is None:
        return every
    names = [name.strip() for name in only.split(",")]
    if unknown := [name for name in names if name not in every]:
        raise DataError(f"Unknown variants: {', '.join(unknown)}. Known: {', '.join(every)}.")
    return {name: variant for name, variant in every.items() if name in names}
