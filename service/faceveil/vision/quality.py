"""Why a reading of a face deserves doubt."""

from typing import Literal

import numpy as np

from faceveil.vision.face import Face, GreyImage
from faceveil.vision.pose import Pose

Doubt = Literal["small", "turned-away", "dark", "blurred", "occluded"]

SMALL = 32.0
"""Width of a face's box, in pixels that were read, under which it is."""

YAW, PITCH = 35.0, 30.0
"""Degrees, from which a face is turned away."""

DARK = 40.0
"""Mean grey level of a crop under which it is."""

SHARP = 0.045
"""Power of a crop's Laplacian, in its variances, under which it is blurred: portraits have 0.1 to
0.8, and 0.04 at most once they are blurred by a twenty-fifth of the face's width."""


def doubts_of(face: Face, crop: GreyImage, pose: Pose) -> tuple[Doubt, ...]:
    """What speaks against reading a face.

    Args:
        face: as it was found.
        crop: uint8, shape (H, W), its aligned crop.
        pose: of the head.
    """
    said: dict[Doubt, bool] = {
        "small": face.box.width < SMALL,
        "turned-away": abs(pose.yaw or 0) >= YAW or abs(pose.pitch or 0) >= PITCH,
        "dark": float(crop.mean()) < DARK,
        "blurred": _sharpness(crop) < SHARP,
        # What covers a part of a face, or turns it aside, hides it from BlazeFace first.
        "occluded": not face.agreed,
    }
    return tuple(doubt for doubt, holds in said.items() if holds)


def _sharpness(crop: GreyImage) -> float:
    levels = crop.astype(np.float32)
    laplacian = 4 * levels[1:-1, 1:-1]
    for part in (levels[:-2, 1:-1], levels[2:, 1:-1], levels[1:-1, :-2], levels[1:-1, 2:]):
        laplacian -= part
    return float((laplacian**2).mean() / max(levels.var(), 1.0))
