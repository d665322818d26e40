"""Where skin folds when a face moves: finer than the head's shapes are.

A crease is a line through some of MediaPipe's points, darkest where it lies and fading beside it.
How deep and wide each is was chosen by eye. Which action units deepen which is after Ekman,
Friesen, Hager 2002, Facial Action Coding System, which names creases among the signs of units 1, 2,
4, 6, 9, 10, 12, 15, 17 and 20.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from training.data.animated.head import Array, Head

_DEEPEST = 1.2
"""No expression, however bold, deepens a crease beyond that."""


@dataclass(frozen=True, slots=True)
class Crease:
    """One crease, or the two of both sides.

    Attributes:
        lines: MediaPipe's points along it, on the person's left and right; where it goes across the
            middle, each side has its half.
        width: how far beside it, in units of the head, it is 1/e as dark.
        depth: how much darker it is than the skin at strength 1, 0 to 1.
        by: how much each of the head's expressions, named without its side, deepens it.
    """

    lines: tuple[tuple[int, ...], tuple[int, ...]]
    width: float
    depth: float
    by: Mapping[str, float]


CREASES = {
    "from the nose to the corners of the mouth": Crease(
        ((358, 423, 426, 436), (129, 203, 206, 216)),
        0.5,
        0.4,
        {
            **{"mouthUpperUp": 0.7, "noseSneer": 0.6, "mouthSmile": 0.25, "mouthStretch": 0.4},
            **{"cheekRaiser": 0.3, "mouthFrown": 0.2, "mouthShrugUpper": 0.3},
        },
    ),
    "upright between the brows": Crease(
        ((285, 336), (55, 107)), 0.4, 0.45, {"browDown": 0.7, "noseSneer": 0.3}
    ),
    "across the root of the nose": Crease(
        ((168, 417, 465), (168, 193, 245)), 0.4, 0.4, {"noseSneer": 0.8, "browDown": 0.2}
    ),
    "across the forehead": Crease(
        ((151, 337, 299, 333), (151, 108, 69, 104)),
        0.35,
        0.3,
        {"browInnerUp": 0.5, "browOuterUp": 0.5},
    ),
    "below the eyes": Crease(
        ((464, 453, 452, 451, 450, 449), (244, 233, 232, 231, 230, 229)),
        0.45,
        0.3,
        {"cheekRaiser": 0.6, "eyeSquint": 0.5, "cheekSquint": 0.3},
    ),
    "beside the eyes": Crease(
        ((359, 446, 342), (130, 226, 113)), 0.4, 0.25, {"cheekRaiser": 0.6, "cheekSquint": 0.5}
    ),
    "down from the corners of the mouth": Crease(
        ((291, 273, 424), (61, 43, 204)), 0.5, 0.35, {"mouthFrown": 0.6, "mouthShrugLower": 0.3}
    ),
    "below the lower lip": Crease(
        ((18, 313, 406), (18, 83, 182)), 0.45, 0.35, {"mouthShrugLower": 0.8, "mouthPress": 0.3}
    ),
}


def places_of(head: Head) -> Array:
    """Where the C creases lie: how much each side darkens each vertex, float64, (2 C, V), 0 to 1.

    Args:
        head: whose skin folds; creases keep their place on it.
    """
    return np.array(
        [
            crease.depth * np.exp(-((_distance(head, line) / crease.width) ** 2))
            for crease in CREASES.values()
            for line in crease.lines
        ]
    )


def strengths_of(head: Head, expression: Array) -> Array:
    """How deep each side of each of the C creases is, float64, (2 C,), 0 to `_DEEPEST`.

    Args:
        head: whose skin folds.
        expression: float64, (X,), strengths of its expressions.
    """
    strengths = dict(zip(head.names, expression.clip(0).tolist(), strict=True))
    return np.array(
        [
            sum(
                share * strengths.get(name + side, strengths.get(name, 0.0))
                for name, share in crease.by.items()
            )
            for crease in CREASES.values()
            for side in ("_L", "_R")
        ]
    ).clip(0, _DEEPEST)


def _distance(head: Head, line: tuple[int, ...]) -> Array:
    """How far the vertices are from a line through MediaPipe's points, float64, (V,)."""
    corners = head.vertices[head.points[list(line)]]
    nearest = np.full(len(head.vertices), np.inf)
    for start, end in pairwise(corners):
        along = end - start
        share = ((head.vertices - start) @ along / (along @ along)).clip(0, 1)
        on_line = start + share[:, None] * along
        nearest = np.minimum(nearest, np.linalg.norm(head.vertices - on_line, axis=1))
    return nearest
