"""The square windows through which a picture is searched, and what the network sees in one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from faceveil.vision.face import GreyImage

SIDE = 128
"""Height and width of what the network sees, in pixels."""

TILE_STEP, MIN_TILE = 0.6, 64
"""Distance of tiles, in sides of a tile, and the side in pixels under which none are made."""

PADDING_GREY = 128
"""Fills what lies beyond the picture: the middle of the range, like the network's own padding."""


@dataclass(frozen=True, slots=True)
class Window:
    """A square of the picture, in its pixels; may reach beyond its edges."""

    x: float
    y: float
    side: float

    @classmethod
    def around(cls, x: float, y: float, side: float) -> "Window":
        """The window with its centre at (x, y)."""
        return cls(x - side / 2, y - side / 2, side)


def windows_by_fineness(height: int, width: int) -> Iterator[list[Window]]:
    """The windows through which a picture is searched, from coarse to fine.

    First the whole picture; then twice its size, for a face that fills it to the edges; then tiles
    of a half and of a quarter of its longer side, which overlap by two fifths, so that a face too
    small for one level lies wholly in some tile of the next. At most 1, 1, 9 and 36 windows.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
    """
    longer = max(height, width)
    yield [Window.around(width / 2, height / 2, longer)]
    yield [Window.around(width / 2, height / 2, 2 * longer)]
    for side in (longer / 2, longer / 4):
        if side >= MIN_TILE:
            xs, ys = _tile_starts(width, side), _tile_starts(height, side)
            yield [Window(x, y, side) for y in ys for x in xs]


def _tile_starts(length: int, side: float) -> list[float]:
    """Where tiles begin that cover `length` evenly; a single one lies in the middle."""
    if length <= side:
        return [(length - side) / 2]
    steps = (length - side) / (TILE_STEP * side)
    count = math.ceil(steps - 1e-9) + 1  # five steps and a rounding error are five
    return [float(start) for start in np.linspace(0, length - side, count)]


def view(picture: GreyImage, window: Window) -> GreyImage:
    """What the network sees through a window: uint8, shape (SIDE, SIDE).

    Shrinks with antialiasing; fills what lies beyond the picture with PADDING_GREY. A row or column
    of the view that the picture covers only in part counts as beyond it: so scale and place stay
    those of the window exactly.
    """
    height, width = picture.shape
    left, right = _covered(window.x, window.side, width)
    top, bottom = _covered(window.y, window.side, height)
    canvas = np.full((SIDE, SIDE), PADDING_GREY, np.uint8)
    if left >= right or top >= bottom:
        return canvas
    scale = window.side / SIDE
    box = (
        max(window.x + left * scale, 0),
        max(window.y + top * scale, 0),
        min(window.x + right * scale, width),
        min(window.y + bottom * scale, height),
    )
    part = Image.fromarray(picture).resize(
        (right - left, bottom - top), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0
    )
    canvas[top:bottom, left:right] = np.asarray(part)
    return canvas


def _covered(start: float, side: float, length: int) -> tuple[int, int]:
    """The part of a view's axis, from and up to, whose pixels lie wholly on the picture."""
    tolerance = 1e-6  # of a pixel, for the rounding of `start` and `side`
    first = math.ceil(-start / side * SIDE - tolerance)
    last = math.floor((length - start) / side * SIDE + tolerance)
    return max(first, 0), min(last, SIDE)
