"""What speaks against reading a face."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from faceveil.vision.align import CropGeometry, align
from faceveil.vision.face import Box, Face, GreyImage
from faceveil.vision.pose import Pose
from faceveil.vision.quality import doubts_of
from tests.drawn import draw_face

GEOMETRY = CropGeometry(width=48, height=48, left_eye=(0.3, 0.36), right_eye=(0.7, 0.36))
FACE = Face(Box(0, 0, 180, 180), 0.9, (160, 190), (240, 190))
FRONT = Pose(0, 0, 0)


def crop(blur: float = 0, light: float = 1) -> GreyImage:
    noisy = np.asarray(draw_face(400)) + np.random.default_rng(0).normal(0, 5, (400, 400))
    image = Image.fromarray((noisy * light).clip(0, 255).astype(np.uint8))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(blur * FACE.box.width)))
    return align(blurred, FACE.left_eye, FACE.right_eye, GEOMETRY)


def test_a_good_face_raises_no_doubt() -> None:
    assert doubts_of(FACE, crop(), FRONT) == ()


def test_a_blurred_one_does() -> None:
    assert doubts_of(FACE, crop(blur=0.08), FRONT) == ("blurred",)


def test_a_dark_one_does() -> None:
    assert doubts_of(FACE, crop(light=0.15), FRONT) == ("dark",)


@pytest.mark.parametrize("pose", [Pose(0, -50, 0), Pose(0, 0, 45)])
def test_one_that_looks_elsewhere_does(pose: Pose) -> None:
    assert doubts_of(FACE, crop(), pose) == ("turned-away",)


def test_roll_is_none_for_a_face_is_read_upright() -> None:
    assert doubts_of(FACE, crop(), Pose(180, 0, 0)) == ()


def test_a_small_one_and_one_that_is_half_hidden_do() -> None:
    hidden = Face(Box(0, 0, 25, 25), 0.9, (5, 8), (18, 8), agreed=False)
    assert doubts_of(hidden, crop(), FRONT) == ("small", "occluded")
