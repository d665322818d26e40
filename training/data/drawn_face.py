"""One drawn face: who it is, what it does and how it is seen are numbers; the rest is geometry.

Lengths are in the face's frame: the eyes' midpoint is the origin, x points to the right, y down,
and 1 is the usual distance of the eyes. Shades are grey levels, 0 to 255.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from faceveil.vision.face import GreyImage, Point

_OVERSAMPLING = 2
_EYE_DISTANCE = 0.2  # as a part of the picture's width
_EYE_LEVEL = 0.46  # the same, from the top
_SOFTNESS = 0.006  # the same, of the blur that makes lines look like skin's

_Points = NDArray[np.float64]  # (n, 2)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is drawn; each default is the usual."""

    face_width: float = 1.18
    face_height: float = 1.50
    jaw: float = 2.3
    skin: float = 185
    hair: float = 60
    hair_width: float = 1.45
    hairline: float = -0.85
    eye_distance: float = 1.0
    eye_width: float = 0.23
    eye_height: float = 0.11
    iris: float = 0.105
    iris_shade: float = 45
    brow_height: float = 0.30
    brow_length: float = 0.32
    brow_thickness: float = 0.055
    brow_arch: float = 0.08
    brow_shade: float = 70
    nose_length: float = 0.62
    nose_width: float = 0.18
    mouth_height: float = 1.06
    mouth_width: float = 0.36
    lips: float = 0.065
    lip_shade: float = 115
    beard: float = -4
    glasses: float = -0.02


@dataclass(frozen=True, slots=True)
class Expression:
    """What a face does, in parts of the most that it can do; all 0 is a neutral face.

    Attributes:
        brows: up (1) or down (-1).
        frown: the brows' inner ends down (1) or up (-1).
        eyes: open wide (1) or narrowed (-1).
        smile: the mouth's corners up (1) or down (-1).
        mouth: open (1).
        stretch: the mouth wide (1) or narrow (-1).
        wrinkle: the nose wrinkled, the upper lip raised (1).
    """

    brows: float = 0.0
    frown: float = 0.0
    eyes: float = 0.0
    smile: float = 0.0
    mouth: float = 0.0
    stretch: float = 0.0
    wrinkle: float = 0.0


@dataclass(frozen=True, slots=True)
class Take:
    """How a face stands before the camera, and in what light.

    Attributes:
        turn: in the picture's plane, in radians.
        scale: 1 for eyes a fifth of the picture's width apart.
        shift: of the eyes' midpoint from its usual place, (x, y) in parts of the picture's width.
        squeeze: of the face's width, from a head turned aside, at most 1.
        light: grey levels from the middle to the edge, (x, y), of a slope of light.
        gain: contrast about mid grey.
        wall: shade of the background.
        clothes: shade.
        noise: standard deviation of a pixel, in grey levels.
        noise_seed: of the noise.
    """

    turn: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    squeeze: float = 1.0
    light: tuple[float, float] = (0.0, 0.0)
    gain: float = 1.0
    wall: float = 205.0
    clothes: float = 80.0
    noise: float = 2.0
    noise_seed: int = 0


def draw_face(person: Person, expression: Expression, take: Take, size: int) -> GreyImage:
    """Draws a face from the front, with hair, neck and shoulders, before a plain wall.

    Args:
        person: who.
        expression: of the face.
        take: pose and light.
        size: width and height in pixels.

    Returns:
        uint8, shape (size, size).
    """
    pen = _Pen(take, size * _OVERSAMPLING)
    _draw_head(pen, person, take)
    for side in (-1, 1):
        _draw_eye(pen, person, expression, side)
    _draw_nose(pen, person, expression)
    _draw_mouth(pen, person, expression)
    if person.glasses > 0:
        for side in (-1, 1):
            rim = _ellipse(side * person.eye_distance / 2, 0.03, 0.36, 0.27)
            pen.line(np.vstack([rim, rim[:1]]), person.glasses, 40)
        pen.line(np.array([[-0.14, 0.0], [0.14, 0.0]]), person.glasses, 40)
    return _photograph(pen.image, take, size)


def usual_eyes(size: int) -> tuple[Point, Point]:
    """The eyes' centres, left and right in the picture, of a face with the usual pose and person.

    Args:
        size: width and height of the picture, in pixels.
    """
    level = _EYE_LEVEL * size
    return ((0.5 - _EYE_DISTANCE / 2) * size, level), ((0.5 + _EYE_DISTANCE / 2) * size, level)


class _Pen:
    """Draws shapes of the face's frame into a larger picture, as the take's pose has it."""

    def __init__(self, take: Take, side: int) -> None:
        self.image = Image.new("L", (side, side), round(take.wall))
        self._draw = ImageDraw.Draw(self.image)
        self._unit = _EYE_DISTANCE * take.scale * side
        cos, sin = np.cos(take.turn), np.sin(take.turn)
        self._pose = np.diag([take.squeeze, 1.0]) @ np.array([[cos, sin], [-sin, cos]]) * self._unit
        self._origin = (np.array([0.5, _EYE_LEVEL]) + take.shift) * side

    def fill(self, points: _Points, shade: float) -> None:
        """Fills a polygon."""
        self._draw.polygon(self._placed(points), fill=round(shade))

    def line(self, points: _Points, thickness: float, shade: float) -> None:
        """Draws a line of so many of the frame's units."""
        width = max(1, round(thickness * self._unit))
        self._draw.line(self._placed(points), fill=round(shade), width=width, joint="curve")

    def _placed(self, points: _Points) -> list[tuple[float, float]]:
        return [(x, y) for x, y in (points @ self._pose + self._origin).tolist()]


def _draw_head(pen: _Pen, person: Person, take: Take) -> None:
    width, height = person.face_width, person.face_height
    chin, crown = 0.2 + height, -0.35 - height
    pen.fill(_ellipse(0, -0.1, person.hair_width, -0.1 - crown), person.hair)
    pen.fill(_box(-0.55, 1.0, 0.55, chin + 0.6), person.skin - 40)
    pen.fill(_ellipse(0, chin + 1.3, 2.2, 1.1), take.clothes)
    face = _ellipse(0, 0.2, width, height, person.jaw)
    pen.fill(face, person.skin)
    pen.fill(face[face[:, 1] > 0.75], person.skin - max(0.0, person.beard))
    fringe = (person.hairline - crown) / 2
    pen.fill(_ellipse(0, crown + fringe, width, fringe), person.hair)


def _draw_eye(pen: _Pen, person: Person, expression: Expression, side: int) -> None:
    x = side * person.eye_distance / 2
    opening = person.eye_height * (1 + 0.75 * expression.eyes)
    pen.fill(
        _ellipse(x, -0.02, person.eye_width + 0.05, person.eye_height + 0.07), person.skin - 35
    )
    lid = _ellipse(x, 0, person.eye_width, max(opening, 0.02))
    pen.fill(lid, 235)
    iris = _ellipse(x, 0, person.iris, person.iris)
    iris[:, 1] = iris[:, 1].clip(-opening, opening)
    pen.fill(iris, person.iris_shade)
    pen.line(lid[lid[:, 1] <= 0], 0.03, 50)

    along = np.linspace(-1, 1, 13)  # from the inner end to the outer
    across = x + side * along * person.brow_length
    level = -person.brow_height - 0.16 * expression.brows
    arch = -person.brow_arch * (1 - along**2)
    tilt = -0.13 * expression.frown * along
    brow = np.column_stack([across, level + arch + tilt])
    half = np.column_stack([np.zeros(13), person.brow_thickness * (1 - 0.4 * np.abs(along))])
    pen.fill(np.vstack([brow - half, (brow + half)[::-1]]), person.brow_shade)


def _draw_nose(pen: _Pen, person: Person, expression: Expression) -> None:
    tip = person.nose_length - 0.08 * expression.wrinkle
    wide = person.nose_width * (1 + 0.2 * expression.wrinkle)
    pen.fill(np.array([[0.0, 0.1], [-wide, tip], [wide, tip]]), person.skin - 22)
    for side in (-1, 1):
        pen.fill(_ellipse(side * 0.55 * wide, tip, 0.3 * wide, 0.035), person.skin - 95)
        if expression.wrinkle > 0:  # from the wing of the nose to the mouth's corner
            fold = np.array([[1.2 * wide, tip - 0.05], [1.6 * wide, tip + 0.3]]) * (side, 1)
            pen.line(fold, 0.05 * expression.wrinkle, person.skin - 60)
            for level in (0.05, 0.14):
                ridge = np.array([[0.02, level], [0.11, level - 0.05]]) * (side, 1)
                pen.line(ridge, 0.04 * expression.wrinkle, person.skin - 60)


def _draw_mouth(pen: _Pen, person: Person, expression: Expression) -> None:
    along = np.linspace(-1, 1, 21)
    bow = 1 - along**2
    across = along * person.mouth_width * (1 + 0.35 * expression.stretch)
    middle = person.mouth_height + 0.17 * expression.smile * (bow - 0.5)
    gap = 0.25 * max(0.0, expression.mouth) * bow
    upper = middle - 0.6 * gap - 0.09 * max(0.0, expression.wrinkle) * bow
    lower = middle + gap
    lips = person.lips * (0.25 + 0.75 * bow)
    pen.fill(_between(across, upper - lips, lower + 1.2 * lips), person.lip_shade)
    pen.fill(_between(across, upper, lower + 0.02), 45)
    teeth = np.minimum(upper + 0.09 * bow, lower)
    pen.fill(_between(across, upper, teeth), 225 if expression.mouth > 0.1 else 60)


def _photograph(drawing: Image.Image, take: Take, size: int) -> GreyImage:
    """Softens a drawing, scales it down and lights it."""
    soft = drawing.filter(ImageFilter.GaussianBlur(_SOFTNESS * drawing.width))
    small = np.asarray(soft.reduce(_OVERSAMPLING), np.float64)
    slope = np.linspace(-1, 1, size)
    light = take.light[0] * slope[None, :] + take.light[1] * slope[:, None]
    noise = np.random.default_rng(take.noise_seed).normal(0, take.noise, (size, size))
    return ((small - 128) * take.gain + 128 + light + noise).clip(0, 255).round().astype(np.uint8)


def _ellipse(
    x: float, y: float, half_width: float, half_height: float, power: float = 2
) -> _Points:
    """A superellipse's outline: |x|^power + |y|^power = 1; 2 is an ellipse, more is squarer."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    rounded = [
        np.sign(part) * np.abs(part) ** (2 / power) for part in (np.cos(angle), np.sin(angle))
    ]
    return np.column_stack([x + half_width * rounded[0], y + half_height * rounded[1]])


def _box(left: float, top: float, right: float, bottom: float) -> _Points:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _between(across: _Points, upper: _Points, lower: _Points) -> _Points:
    return np.vstack(
        [
            np.column_stack([across, upper]),
            np.column_stack([across, np.maximum(upper, lower)])[::-1],
        ]
    )
