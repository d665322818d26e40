"""What the steps of the vision path hand to each other."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

GreyImage = NDArray[np.uint8]
"""Grey levels of an upright picture, shape (height, width), 0 black to 255 white."""

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


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face.

    Attributes:
        box: where it is, in the pixels of the picture given to the detector.
        score: the detector's confidence, 0 to 1.
        left_eye: centre of the eye that appears on the left of the picture.
        right_eye: centre of the eye that appears on the right of the picture.
    """

    box: Box
    score: float
    left_eye: Point
    right_eye: Point


class Detector(Protocol):
    """Finds faces; the boundary behind which the detector's network stays."""

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        """Returns the faces in the picture, largest box first.

        Args:
            picture: grey levels of the upright picture.
            thorough: search for all faces, small ones beside large ones too; otherwise for those
                that stand out, which is enough where only the largest counts.
        """
        ...
