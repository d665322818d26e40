"""Whatever its size, place and tilt in the picture: the eyes land at their places in the crop."""

import cmath

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from faceveil.vision.align import CropGeometry, align
from faceveil.vision.face import GreyImage, Point
from tests.drawn import draw_face

GEOMETRY = CropGeometry(width=60, height=80, left_eye=(0.3, 0.35), right_eye=(0.7, 0.35))
EYES = (0.40, 0.475), (0.60, 0.475)
"""Where `draw_face` puts them."""

FACE = draw_face(240)


def _dots(size: int, *points: Point, radius: float) -> GreyImage:
    """White discs on black."""
    y, x = np.mgrid[:size, :size] + 0.5
    picture = np.zeros((size, size))
    for centre_x, centre_y in points:
        picture += np.clip(radius - np.hypot(x - centre_x, y - centre_y) + 0.5, 0, 1)
    return (255 * np.clip(picture, 0, 1)).astype(np.uint8)


def _centre(picture: GreyImage) -> complex:
    """The centre of mass of the light."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    weight = picture.astype(float)
    total = float(weight.sum())
    return complex(float((x * weight).sum()) / total, float((y * weight).sum()) / total)


@settings(max_examples=60)
@given(
    middle=st.tuples(st.floats(80, 120), st.floats(80, 120)),
    distance=st.floats(16, 100),
    tilt=st.floats(-180, 180),
)
def test_the_eyes_land_at_their_places(middle: Point, distance: float, tilt: float) -> None:
    half = cmath.rect(distance / 2, np.deg2rad(tilt))
    left, right = complex(*middle) - half, complex(*middle) + half
    for eye, place in ((left, GEOMETRY.left_eye), (right, GEOMETRY.right_eye)):
        picture = _dots(200, (eye.real, eye.imag), radius=distance / 8)
        crop = align(picture, (left.real, left.imag), (right.real, right.imag), GEOMETRY)
        expected = complex(place[0] * GEOMETRY.width, place[1] * GEOMETRY.height)
        assert abs(_centre(crop) - expected) < 0.5


@given(
    shape=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    left=st.tuples(st.floats(-100, 400), st.floats(-100, 400)),
    right=st.tuples(st.floats(-100, 400), st.floats(-100, 400)),
    geometry=st.builds(
        CropGeometry,
        width=st.integers(16, 96),
        height=st.integers(16, 96),
        left_eye=st.just((0.3, 0.4)),
        right_eye=st.just((0.7, 0.4)),
    ),
)
def test_a_crop_has_its_size_and_an_even_picture_stays_even(
    shape: tuple[int, int], left: Point, right: Point, geometry: CropGeometry
) -> None:
    assume(abs(complex(*left) - complex(*right)) > 1)
    crop = align(np.full(shape, 77, np.uint8), left, right, geometry)
    assert crop.shape == (geometry.height, geometry.width)
    assert crop.dtype == np.uint8
    # Beyond the edge the picture's outermost pixels are repeated, so nothing else comes in.
    assert (crop == 77).all()


def test_beyond_the_edge_the_outermost_pixels_are_repeated() -> None:
    columns = np.array([10, 20, 30, 200], np.uint8)
    crop = align(np.tile(columns, (4, 1)), (1.0, 2.0), (3.0, 2.0), GEOMETRY)
    assert (crop[:, 0] == 10).all()
    assert (crop[:, -1] == 200).all()


def _aligned(picture: Image.Image, left: Point, right: Point) -> NDArray[np.float64]:
    return align(np.asarray(picture), left, right, GEOMETRY).astype(float)


@settings(max_examples=60)
@given(
    scale=st.floats(0.5, 1.5),
    tilt=st.floats(-40, 40),
    shift=st.tuples(st.floats(-30, 30), st.floats(-30, 30)),
)
def test_a_scaled_turned_and_shifted_picture_gives_nearly_the_same_crop(
    scale: float, tilt: float, shift: Point
) -> None:
    size = FACE.width
    eyes = [complex(x, y) * size for x, y in EYES]
    middle = complex(size / 2, size / 2)
    turn = cmath.rect(scale, np.deg2rad(tilt))
    moved = [turn * (eye - middle) + middle + complex(*shift) for eye in eyes]
    back = 1 / turn
    origin = -back * (middle + complex(*shift)) + middle
    coefficients = (back.real, -back.imag, origin.real, back.imag, back.real, origin.imag)
    warped = FACE.transform(
        FACE.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR, fillcolor=205
    )
    crop = _aligned(FACE, *[(eye.real, eye.imag) for eye in eyes])
    other = _aligned(warped, *[(eye.real, eye.imag) for eye in moved])
    inner = (slice(20, 60), slice(10, 50))  # the face; the rest may lie outside the picture
    assert np.abs(crop - other)[inner].mean() < 4


def test_fine_texture_does_not_alias_when_a_large_face_shrinks() -> None:
    checks = (np.indices((1600, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = align(checks, (600.0, 700.0), (1000.0, 700.0), GEOMETRY)
    assert np.abs(crop.astype(float) - 127.5).max() < 3


@pytest.mark.parametrize(
    "change", [{"width": 15}, {"height": 513}, {"left_eye": (0.1,)}, {"depth": 1}], ids=str
)
def test_a_geometry_that_makes_no_crop_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CropGeometry.model_validate(GEOMETRY.model_dump() | change)
