"""The windows of a search, and what is seen through one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.vision.windows import LEAST_REDUCED, PADDING_GREY, Window, on_canvas, reduced, view

SIDE = 128


def test_a_window_of_the_networks_size_shows_the_pixels_as_they_are() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)

    viewed = view(picture, Window(40, 50, SIDE), SIDE)

    np.testing.assert_array_equal(viewed, picture[50 : 50 + SIDE, 40 : 40 + SIDE])


def test_beyond_the_picture_lies_grey() -> None:
    viewed = view(np.full((SIDE // 2, SIDE), 9, np.uint8), Window(0, -SIDE / 4, SIDE), SIDE)

    assert (viewed[: SIDE // 4] == PADDING_GREY).all()
    assert (viewed[SIDE // 4 : 3 * SIDE // 4] == 9).all()
    assert (viewed[3 * SIDE // 4 :] == PADDING_GREY).all()


def test_a_window_beside_the_picture_shows_only_grey() -> None:
    viewed = view(np.zeros((20, 20), np.uint8), Window(500, 500, 100), SIDE)

    assert (viewed == PADDING_GREY).all()


@given(
    st.floats(-300, 300),
    st.floats(-300, 300),
    st.floats(130, 1500),
    st.integers(50, 600),
    st.integers(50, 600),
)
def test_a_ramp_keeps_place_and_scale_through_any_window(
    x: float, y: float, side: float, height: int, width: int
) -> None:
    ramp = np.broadcast_to(np.linspace(20, 100, width), (height, width)).astype(np.uint8)

    viewed = view(np.ascontiguousarray(ramp), Window(x, y, side), SIDE).astype(float)

    scale = side / SIDE
    source = x + (np.arange(SIDE) + 0.5) * scale - 0.5
    inner = (source > scale) & (source < width - 1 - scale)
    expected = np.broadcast_to(20 + 80 * source / (width - 1), viewed.shape)
    shown = (viewed != PADDING_GREY) & inner
    # Two levels for rounding down above and rounding in the resampling.
    np.testing.assert_allclose(viewed[shown], expected[shown], atol=2)


@pytest.mark.parametrize(("turn", "quarters"), [(90, 1), (180, 2), (-90, 3)])
def test_a_window_turned_by_quarters_shows_the_same_pixels_turned_back(
    turn: float, quarters: int
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)
    straight = view(picture, Window(40, 50, SIDE), SIDE).astype(int)

    viewed = view(picture, Window(40, 50, SIDE, turn), SIDE).astype(int)

    np.testing.assert_allclose(viewed, np.rot90(straight, quarters), atol=1)  # of rounding


@given(st.floats(-180, 180), st.floats(0, 1), st.floats(0, 1))
def test_a_turned_window_tells_where_in_the_picture_its_points_lie(
    turn: float, x: float, y: float
) -> None:
    window = Window(10, 20, 100, turn)

    (px, py), (cx, cy) = window.in_picture((x, y)), window.centre

    assert window.in_picture((0.5, 0.5)) == pytest.approx((60, 70))
    assert np.hypot(px - cx, py - cy) == pytest.approx(100 * np.hypot(x - 0.5, y - 0.5))
    ahead = window.in_picture((1, 0.5))
    angle = np.degrees(np.arctan2(ahead[1] - cy, ahead[0] - cx))
    assert (angle - turn + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


@given(st.integers(1, 700), st.integers(1, 700), st.integers(32, 300))
def test_a_canvas_holds_the_whole_picture_at_one_scale(height: int, width: int, side: int) -> None:
    small, scale = reduced(np.full((height, width), 255, np.uint8), side)
    canvas = on_canvas(small, 32)

    assert all(length % 32 == 0 for length in canvas.shape)
    assert LEAST_REDUCED * side <= max(height, width) * scale + 1e-6 <= side + 2e-6
    rows, columns = (canvas > 0).any(axis=1).sum(), (canvas > 0).any(axis=0).sum()
    assert (rows, columns) == pytest.approx((height * scale, width * scale), abs=1)
