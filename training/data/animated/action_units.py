"""Action units of the face, what each does to the head, and how emotions use them.

The units are those of Ekman, Friesen, Hager 2002, Facial Action Coding System; which of them show
an emotion is after EMFACS (Friesen, Ekman 1983) and the prototypes and their major variants in
table 11-1 of the manual's Investigator's Guide. People also shout, scream and weep, and look away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from training.data.animated.head import Array

UNITS: Mapping[int, Mapping[str, float]] = {
    1: {"browInnerUp": 1.6},
    2: {"browOuterUp": 1.2},
    4: {"browDown": 1.2, "browInnerUp": -0.25, "browOuterUp": -0.15, "eyeSquint": 0.15},
    5: {"eyeWide": 1.8},
    6: {"cheekRaiser": 0.8, "cheekSquint": 0.5, "eyeSquint": 0.3},
    7: {"eyeSquint": 1.0},
    9: {"noseSneer": 1.0, "browDown": 0.25},
    10: {"mouthUpperUp": 1.0, "noseSneer": 0.2},
    12: {"mouthSmile": 1.0},
    14: {"mouthDimple": 1.0},
    15: {"mouthFrown": 1.5},
    16: {"mouthLowerDown": 2.4, "jawOpen": 0.05},
    17: {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.3},
    20: {"mouthStretch": 1.0},
    22: {"mouthFunnel": 1.0},
    23: {"mouthPress": 0.7, "mouthRollLower": 0.3, "mouthRollUpper": 0.3},
    24: {"mouthPress": 1.3, "mouthRollLower": 0.3, "mouthRollUpper": 0.3},
    25: {"mouthLowerDown": 1.3, "mouthUpperUp": 0.3, "jawOpen": 0.1},
    26: {"jawOpen": 0.5},
    27: {"jawOpen": 0.75},
    43: {"eyeBlink": 1.0},
    64: {"eyeLookDown": 1.0},
}
"""What a unit at full strength adds, by the names of the head's expressions without their sides.

The head's own wide eyes and lowered lip are weak: at 1, MediaPipe's landmarker, asked for the same
expressions, sees next to nothing. So they are added more than once.
"""

NOD = {53: 15.0, 54: -15.0}
"""Degrees by which the units that raise and lower the head turn it up."""

_UPPER = (1, 2, 4, 5)
"""Units of brows and upper lids."""
_FAINTEST = 0.6
"""Share of their strengths that is left where an expression shows in the lower face above all."""

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to show an emotion.

    Attributes:
        units: the strengths of those that must act, from and to.
        at_times: those that act in half of the pictures.
    """

    units: Mapping[int, Range] = field(default_factory=dict)
    at_times: Mapping[int, Range] = field(default_factory=dict)


RECIPES: Mapping[str, tuple[Recipe, ...]] = {
    "neutral": (
        Recipe(),
        Recipe(at_times={1: (0, 0.25), 4: (0, 0.2), 12: (0, 0.15), 15: (0, 0.15), 43: (0, 0.3)}),
        Recipe(at_times={2: (0, 0.35), 7: (0, 0.3), 17: (0, 0.2), 24: (0, 0.3), 25: (0, 0.2)}),
    ),
    "happiness": (
        Recipe({12: (0.7, 1), 6: (0.5, 1), 25: (0.4, 1)}, {26: (0.1, 0.5), 14: (0.1, 0.4)}),
        Recipe({12: (0.6, 1), 6: (0.4, 1), 10: (0.2, 0.5), 25: (0.5, 1)}, {26: (0.2, 0.7)}),
        Recipe({12: (0.7, 1), 6: (0.3, 1), 25: (0.6, 1), 26: (0.3, 1)}, {20: (0.1, 0.4)}),
        Recipe({12: (0.7, 1.2), 10: (0.1, 0.4), 16: (0.4, 1), 25: (0.5, 1)}, {6: (0.3, 1)}),
        Recipe({12: (0.5, 1), 6: (0.3, 0.9)}, {14: (0.2, 0.5)}),
    ),
    "surprise": (
        Recipe({1: (0.6, 1), 2: (0.6, 1), 5: (0.6, 1), 26: (0.5, 1)}),
        Recipe({1: (0.6, 1), 2: (0.6, 1), 5: (0.5, 1), 27: (0.6, 1.2)}, {25: (0.2, 0.8)}),
        Recipe({1: (0.6, 1), 2: (0.7, 1), 5: (0.6, 1), 25: (0.3, 0.8)}, {26: (0.1, 0.4)}),
        Recipe({1: (0.3, 0.8), 2: (0.3, 0.8), 27: (0.5, 1.2)}, {5: (0.3, 1), 22: (0.2, 0.6)}),
        Recipe({1: (0.4, 1), 2: (0.4, 1), 26: (0.3, 0.8), 22: (0.3, 0.8)}, {5: (0.4, 1)}),
    ),
    "sadness": (
        Recipe({1: (0.6, 1), 4: (0.3, 0.7), 15: (0.5, 1)}, {17: (0.3, 0.8), 54: (0.1, 1)}),
        Recipe({1: (0.5, 1), 15: (0.3, 0.8), 17: (0.3, 0.9), 43: (0.15, 0.45)}, {54: (0.1, 1)}),
        Recipe(
            {1: (0.6, 1), 4: (0.2, 0.5), 43: (0.2, 0.5)},
            {15: (0.1, 0.5), 20: (0.1, 0.3), 54: (0.1, 0.8)},
        ),
        # Eyes cast down, or nearly closed.
        Recipe(
            {64: (0.4, 1.2), 15: (0.1, 0.6), 54: (0.3, 1.2)},
            {1: (0.2, 0.8), 4: (0.2, 0.6), 17: (0.2, 0.6)},
        ),
        # Close to tears, and in tears.
        Recipe(
            {1: (0.4, 0.9), 4: (0.4, 1), 7: (0.4, 1), 15: (0.2, 0.7)},
            {6: (0.3, 0.8), 10: (0.1, 0.5), 43: (0.2, 0.6), 54: (0.1, 0.8)},
        ),
        Recipe(
            {4: (0.4, 1), 6: (0.3, 1), 7: (0.5, 1), 10: (0.1, 0.6), 20: (0.3, 0.8), 25: (0.4, 1)},
            {1: (0.3, 1), 15: (0.3, 0.8), 26: (0.1, 0.5), 43: (0.3, 1)},
        ),
    ),
    "anger": (
        Recipe({4: (0.7, 1.2), 7: (0.3, 0.9), 24: (0.5, 1)}, {17: (0.1, 0.4), 54: (0.1, 0.8)}),
        Recipe({4: (0.7, 1.2), 5: (0.2, 0.6), 7: (0.2, 0.5), 23: (0.6, 1)}, {17: (0.1, 0.4)}),
        Recipe({4: (0.5, 1), 24: (0.6, 1.2), 17: (0.4, 0.9), 15: (0.2, 0.6)}, {7: (0.2, 0.6)}),
        Recipe({4: (0.7, 1.2), 10: (0.1, 0.4), 15: (0.2, 0.6), 17: (0.2, 0.6)}, {7: (0.2, 0.7)}),
        # Bared teeth, and a shout.
        Recipe(
            {4: (0.6, 1.2), 7: (0.2, 0.8), 10: (0.2, 0.7), 16: (0.5, 1), 20: (0.2, 0.7)},
            {25: (0.3, 0.8), 26: (0.1, 0.3), 5: (0.2, 0.5), 9: (0.1, 0.5)},
        ),
        Recipe(
            {4: (0.4, 1.2), 16: (0.4, 1), 25: (0.5, 1), 27: (0.3, 1)},
            {7: (0.2, 0.8), 5: (0.2, 0.8), 10: (0.2, 0.8), 9: (0.1, 0.5), 20: (0.2, 0.6)},
        ),
        Recipe(
            {4: (0.3, 1), 16: (0.5, 1), 25: (0.5, 1), 26: (0.5, 1.2), 10: (0.2, 0.8)},
            {12: (0.1, 0.4), 6: (0.2, 0.8), 7: (0.2, 0.8), 2: (0.1, 0.4)},
        ),
    ),
    "disgust": (
        Recipe({9: (0.7, 1.1), 4: (0.3, 0.7), 10: (0.3, 0.7)}, {17: (0.3, 0.8), 7: (0.2, 0.6)}),
        Recipe({10: (0.6, 1), 9: (0.4, 0.9), 6: (0.2, 0.5)}, {15: (0.2, 0.6), 25: (0.3, 0.8)}),
        Recipe(
            {9: (0.6, 1.1), 10: (0.5, 1), 16: (0.2, 0.7), 25: (0.5, 1), 4: (0.3, 0.8)},
            {26: (0.1, 0.4)},
        ),
        Recipe({9: (0.4, 0.9), 4: (0.3, 0.8), 7: (0.3, 0.9), 17: (0.3, 0.8), 15: (0.1, 0.5)}),
        Recipe({10: (0.4, 0.9), 6: (0.3, 0.8), 7: (0.3, 0.9), 17: (0.2, 0.7)}, {9: (0.2, 0.5)}),
        Recipe(
            {4: (0.4, 1), 7: (0.5, 1), 9: (0.4, 1), 15: (0.1, 0.5)},
            {43: (0.2, 0.6), 20: (0.1, 0.4)},
        ),
    ),
    "fear": (
        Recipe(
            {1: (0.7, 1), 2: (0.4, 0.9), 4: (0.1, 0.5), 5: (0.6, 1), 20: (0.5, 1), 25: (0.5, 1)}
        ),
        Recipe(
            {1: (0.7, 1), 4: (0.1, 0.5), 5: (0.6, 1), 20: (0.4, 1), 26: (0.2, 0.7), 25: (0.2, 0.8)},
            {2: (0.4, 1)},
        ),
        Recipe(
            {1: (0.6, 1), 2: (0.4, 0.9), 5: (0.5, 1), 25: (0.3, 0.8)},
            {4: (0.2, 0.6), 26: (0.1, 0.4), 20: (0.2, 0.6)},
        ),
        Recipe(
            {1: (0.7, 1.1), 4: (0.2, 0.6), 25: (0.4, 1), 20: (0.2, 0.8)},
            {15: (0.1, 0.5), 5: (0.2, 0.6)},
        ),
        # A scream.
        Recipe(
            {1: (0.6, 1), 2: (0.5, 1), 5: (0.3, 1), 20: (0.4, 1), 16: (0.3, 0.9), 27: (0.3, 0.9)},
            {4: (0.2, 0.5), 10: (0.1, 0.5)},
        ),
    ),
}


_WEAKEST = 0.6
"""Share of a recipe's strengths with which the weakest expression is shown."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Strengths of action units on the person's left and right, each 0 to about 1.2."""

    left: Mapping[int, float]
    right: Mapping[int, float]

    def scaled(self, by: float) -> "Acting":
        """The same units, weaker or stronger."""
        return Acting(
            {unit: strength * by for unit, strength in self.left.items()},
            {unit: strength * by for unit, strength in self.right.items()},
        )


def act(emotion: str, rng: np.random.Generator) -> Acting:
    """Draws one way to show an emotion: a recipe, strengths, and how far the sides differ."""
    recipes = RECIPES[emotion]
    recipe = recipes[rng.integers(len(recipes))]
    chosen = dict(recipe.units)
    chosen |= {unit: ends for unit, ends in recipe.at_times.items() if rng.random() < 0.5}
    strongly, one_sided = rng.uniform(_WEAKEST, 1), rng.normal(0, 0.1)
    above = rng.uniform(_FAINTEST, 1)
    left, right = {}, {}
    for unit, (low, high) in sorted(chosen.items()):
        strength = strongly * rng.uniform(low, high) * (above if unit in _UPPER else 1)
        left[unit] = strength * (1 + one_sided)
        right[unit] = strength * (1 - one_sided)
    return Acting(left, right)


def nod_of(acting: Acting) -> float:
    """Degrees by which the acting turns the head up."""
    return sum(
        degrees * (acting.left.get(unit, 0.0) + acting.right.get(unit, 0.0)) / 2
        for unit, degrees in NOD.items()
    )


def expression_of(acting: Acting, names: tuple[str, ...]) -> Array:
    """The strengths of the head's expressions, float64, (X,), -0.5 to 3.

    Args:
        acting: strengths of action units.
        names: of the expressions, those of one side with `_L` or `_R`.
    """
    place = {name: number for number, name in enumerate(names)}
    strengths = np.zeros(len(names))
    for side, units in (("_L", acting.left), ("_R", acting.right)):
        for unit, strength in units.items():
            if unit in NOD:
                continue
            for name, share in UNITS[unit].items():
                if name + side in place:
                    strengths[place[name + side]] += strength * share
                else:
                    strengths[place[name]] += strength * share / 2
    return strengths.clip(-0.5, 3.0)
