"""A face in a picture becomes a standard crop: eyes level, at fixed places, one size."""

from math import ceil, floor, hypot

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from faceveil.vision.face import GreyImage, Point


class CropGeometry(BaseModel):
    """Size of the crop and where the eyes lie in it.

    The eyes' places are fractions of the crop's width and height, from its top left corner;
    "left" is the picture's left, not the person's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(ge=16, le=512, description="Pixels.")
    height: int = Field(ge=16, le=512, description="Pixels.")
    left_eye: Point = Field(description="(x, y), fractions of the crop's width and height.")
    right_eye: Point = Field(description="(x, y), fractions of the crop's width and height.")


def align(
    picture: GreyImage, left_eye: Point, right_eye: Point, geometry: CropGeometry
) -> GreyImage:
    """Cuts out the crop that the eyes define, by a similarity transform (turn, scale, shift).

    Beyond the picture's edge its outermost pixels are repeated. Where the face is more than
    twice the crop's size it is averaged down first, so that fine texture does not alias.

    Args:
        picture: uint8, shape (h, w).
        left_eye: the eye on the picture's left, in pixels.
        right_eye: the other one, in pixels; must be another point.
        geometry: the crop to make.

    Returns:
        uint8, shape (geometry.height, geometry.width).
    """
    size = np.array([geometry.width, geometry.height], dtype=np.float64)
    eye = np.array(left_eye)
    crop_eye = np.array(geometry.left_eye) * size
    along = np.array(right_eye) - eye
    crop_along = np.array(geometry.right_eye) * size - crop_eye

    # The similarity from crop to picture as a complex number: x + iy -> turn * (x + iy) + shift.
    turn = complex(*along) / complex(*crop_along)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    shift = eye - matrix @ crop_eye

    corners = matrix @ np.array([[0, size[0], 0, size[0]], [0, 0, size[1], size[1]]])
    corners += shift[:, None]
    factor = max(1, int(hypot(turn.real, turn.imag)))
    margin = 2 * factor
    x0, y0 = (floor(low) - margin for low in corners.min(axis=1))
    x1, y1 = (ceil(high) + margin for high in corners.max(axis=1))
    height, width = picture.shape
    if x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height:
        within = picture[y0:y1, x0:x1]  # a view: picking pixel by pixel cost 0.5 ms a face
    else:
        rows = np.arange(y0, y1).clip(0, height - 1)
        columns = np.arange(x0, x1).clip(0, width - 1)
        within = picture[np.ix_(rows, columns)]
    region = Image.fromarray(within)
    if factor > 1:
        region = region.reduce(factor)

    matrix, shift = matrix / factor, (shift - [x0, y0]) / factor
    coefficients = (*matrix[0], shift[0], *matrix[1], shift[1])
    crop = region.transform(
        (geometry.width, geometry.height),
        Image.Transform.AFFINE,
        tuple(map(float, coefficients)),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(crop)
