"""What the steps of the vision path hand to each other."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

GreyImage = NDArray[np.uint8]
"""Grey levels of a picture, shape (height, width), 0 black to 255 white."""

Point = tuple[float, float]
"""(x, y) in pixels from the top left corner; pixel centres lie at half-integers."""


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-parallel rectangle in pixels; may reach beyond the picture's edge."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Features:
    """Nose and mouth of a face, in pixels of its picture."""

    nose: Point
    left_mouth: Point
    right_mouth: Point


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face.

    "Left" is what appears on the left once the face is turned upright, not the person's left.

    Attributes:
        box: where it is, in the pixels of the picture given to the detector.
        score: the detector's confidence, 0 to 1.
        left_eye: centre of the left eye.
        right_eye: centre of the right eye.
        features: the nose and the mouth's corners, as far as they were seen.
        agreed: whether both networks see a face here; one alone may see what is half hidden.
    """

    box: Box
    score: float
    left_eye: Point
    right_eye: Point
    features: Features | None = None
    agreed: bool = True

    @property
    def roll(self) -> float:
        """Degrees, clockwise, -180 to 180, by which the line through its eyes is turned."""
        (left_x, left_y), (right_x, right_y) = self.left_eye, self.right_eye
        return math.degrees(math.atan2(right_y - left_y, right_x - left_x))

    def moved(self, to: Callable[[Point], Point], scale: float) -> "Face":
        """The same face in another picture, given where a point lies there, and the scale."""
        (x, y), (width, height) = to(self.box.centre), (self.box.width, self.box.height)
        width, height = width * scale, height * scale
        parts = self.features
        return replace(
            self,
            box=Box(x - width / 2, y - height / 2, width, height),
            left_eye=to(self.left_eye),
            right_eye=to(self.right_eye),
            features=parts
            and Features(to(parts.nose), to(parts.left_mouth), to(parts.right_mouth)),
        )


class Detector(Protocol):
    """Finds faces; the boundary behind which the detector's networks stay."""

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        """Returns the faces in the picture, largest box first.

        Args:
            picture: grey levels.
            thorough: search for all faces, small ones beside large ones too; otherwise for those
                that stand out, which is enough where only the largest counts.
        """
        ...
