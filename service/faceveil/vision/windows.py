"""The square windows through which a network looks at a part of a picture, upright or turned."""

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from faceveil.vision.face import Face, GreyImage, Point

LEAST_REDUCED = 0.75
"""Share of the wanted size that a picture must keep which is reduced by a whole factor."""

PADDING_GREY = 128
"""Fills what lies beyond the picture: the middle of the range, like the networks' own padding."""


@dataclass(frozen=True, slots=True)
class Window:
    """A square of the picture, in its pixels; may reach beyond its edges.

    Attributes:
        x: of its top left corner, before it is turned about its centre.
        y: of the same corner.
        side: its length.
        turn: degrees, clockwise, by which it is turned about its centre: a face that is rolled by
            as much is upright in what it shows.
    """

    x: float
    y: float
    side: float
    turn: float = 0.0

    @classmethod
    def around(cls, centre: Point, side: float, turn: float = 0.0) -> "Window":
        """The window with this centre."""
        return cls(centre[0] - side / 2, centre[1] - side / 2, side, turn)

    @property
    def centre(self) -> Point:
        """Its middle, in pixels of the picture."""
        return self.x + self.side / 2, self.y + self.side / 2

    def turned(self, degrees: float) -> "Window":
        """The window, turned on clockwise."""
        return replace(self, turn=(self.turn + degrees + 180) % 360 - 180)

    def in_picture(self, point: Point) -> Point:
        """A point of the window, as shares of its side, in pixels of the picture."""
        if not self.turn:
            return self.x + point[0] * self.side, self.y + point[1] * self.side
        cosine, sine = _directions(self.turn)
        across, down = ((part - 0.5) * self.side for part in point)
        x, y = self.centre
        return x + cosine * across - sine * down, y + sine * across + cosine * down

    def shown(self, face: Face, side: int) -> Face:
        """A face in a view of so many pixels, in pixels of the picture."""
        return face.moved(
            lambda at: self.in_picture((at[0] / side, at[1] / side)), self.side / side
        )


def _directions(turn: float) -> tuple[float, float]:
    return math.cos(math.radians(turn)), math.sin(math.radians(turn))


def view(picture: GreyImage, window: Window, side: int) -> GreyImage:
    """What a network sees through a window: uint8, shape (side, side).

    Shrinks with antialiasing; fills what lies beyond the picture with PADDING_GREY. In a window
    that is not turned, a row or column of the view that the picture covers only in part counts as
    beyond it: so scale and place stay those of the window exactly.
    """
    if window.turn:
        return _turned_view(picture, window, side)
    height, width = picture.shape
    left, right = _covered(window.x, window.side, width, side)
    top, bottom = _covered(window.y, window.side, height, side)
    canvas = np.full((side, side), PADDING_GREY, np.uint8)
    if left >= right or top >= bottom:
        return canvas
    scale = window.side / side
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


def _covered(start: float, length: float, edge: int, side: int) -> tuple[int, int]:
    """The part of a view's axis, from and up to, whose pixels lie wholly on the picture."""
    tolerance = 1e-6  # of a pixel, for the rounding of `start` and `length`
    first = math.ceil(-start / length * side - tolerance)
    last = math.floor((edge - start) / length * side + tolerance)
    return max(first, 0), min(last, side)


def _turned_view(picture: GreyImage, window: Window, side: int) -> GreyImage:
    """Takes the upright square that holds the window at the view's scale, and turns it."""
    cosine, sine = _directions(window.turn)
    around = side + 2 * math.ceil(side * (abs(cosine) + abs(sine) - 1) / 2 + 1)
    scale = window.side / side
    held = view(picture, Window.around(window.centre, around * scale), around)
    middle, centre = around / 2, side / 2
    coefficients = (
        *(cosine, -sine, middle - centre * (cosine - sine)),
        *(sine, cosine, middle - centre * (sine + cosine)),
    )
    turned = Image.fromarray(held).transform(
        (side, side), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(turned)


def resized(picture: GreyImage, height: int, width: int) -> GreyImage:
    """The picture in another size, antialiased."""
    if picture.shape == (height, width):
        return picture
    image = Image.fromarray(picture)
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=1.0))


def reduced(picture: GreyImage, side: int) -> tuple[GreyImage, float]:
    """The whole picture, not larger than a size; and how many of its pixels are one of before.

    A picture that is larger is reduced by a whole factor, which takes a third of the time that any
    other would, unless that left less than LEAST_REDUCED of the size; one that is smaller is
    enlarged.

    Args:
        picture: uint8, shape (h, w).
        side: the longer one, in pixels, at most.
    """
    longer = max(picture.shape)
    factor = math.ceil(longer / side)
    if factor > 1 and longer >= LEAST_REDUCED * side * factor:
        return np.asarray(Image.fromarray(picture).reduce(factor)), 1 / factor
    scale = side / longer
    height, width = (max(1, round(length * scale)) for length in picture.shape)
    return resized(picture, height, width), scale


def on_canvas(picture: GreyImage, multiple: int) -> GreyImage:
    """The picture in the top left corner of a black canvas, whose sides are multiples."""
    height, width = picture.shape
    canvas = np.zeros([-(-length // multiple) * multiple for length in (height, width)], np.uint8)
    canvas[:height, :width] = picture
    return canvas
