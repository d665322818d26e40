"""Which of several sightings are of one face."""

from collections.abc import Sequence

from faceveil.vision.face import Box, Face

SAME_BY_UNION, SAME_BY_SMALLER = 0.3, 0.5
"""Overlap, as a share of the union or of the smaller box, from which two boxes are one face."""


def share_of_union(one: Box, other: Box) -> float:
    """The common area of two boxes as a share of their union, 0 to 1."""
    common = _common_area(one, other)
    return common and common / (one.area + other.area - common)


def share_of_smaller(one: Box, other: Box) -> float:
    """The common area of two boxes as a share of the smaller one, 0 to 1."""
    common = _common_area(one, other)
    return common and common / min(one.area, other.area)


def _common_area(one: Box, other: Box) -> float:
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(width, 0.0) * max(height, 0.0)


def nearest(box: Box, others: Sequence[Face]) -> Face | None:
    """Which of the others covers the box best, if any covers it enough to be the same face."""
    best = max(others, key=lambda other: share_of_union(box, other.box), default=None)
    return best if best and share_of_union(box, best.box) >= SAME_BY_UNION else None


def distinct(faces: Sequence[Face]) -> list[Face]:
    """The surest of the faces that lie on each other or in each other, largest box first.

    One that both networks see goes before one that YuNet alone does: its eyes are steadier.
    """
    surest: list[Face] = []
    for face in sorted(faces, key=lambda face: (not face.agreed, -face.score)):
        if apart(face.box, surest):
            surest.append(face)
    return sorted(surest, key=lambda face: -face.box.area)


def apart(box: Box, others: Sequence[Face]) -> bool:
    """Whether the box is on none of these faces."""
    return all(share_of_smaller(box, other.box) < SAME_BY_SMALLER for other in others)
