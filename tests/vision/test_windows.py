"""The windows of a search, and what is seen through one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.vision.windows import PADDING_GREY, SIDE, Window, view, windows_by_fineness

picture_sides = st.integers(1, 3000)


@given(picture_sides, picture_sides)
def test_a_search_never_takes_more_than_47_windows(height: int, width: int) -> None:
    counts = [len(windows) for windows in windows_by_fineness(height, width)]

    assert all(count <= most for count, most in zip(counts, (1, 1, 9, 36), strict=False))
    assert len(counts) <= 4


@given(picture_sides, picture_sides)
def test_the_first_window_holds_the_whole_picture_and_touches_its_edges(
    height: int, width: int
) -> None:
    (window,) = next(windows_by_fineness(height, width))

    assert window.side == max(height, width)
    assert window.x + window.side / 2 == pytest.approx(width / 2)
    assert window.y + window.side / 2 == pytest.approx(height / 2)


def test_the_second_window_is_twice_as_wide_so_that_a_face_may_fill_the_picture() -> None:
    (first,), (second,), *_ = windows_by_fineness(300, 400)

    assert second == Window(first.x - 200, first.y - 200, 800)


@given(st.integers(128, 3000), st.integers(128, 3000))
def test_neighbouring_tiles_share_two_fifths_and_the_outer_ones_reach_the_edges(
    height: int, width: int
) -> None:
    for tiles in list(windows_by_fineness(height, width))[2:]:
        side = tiles[0].side
        for length, starts in ((width, {t.x for t in tiles}), (height, {t.y for t in tiles})):
            ordered = sorted(starts)
            assert ordered[0] <= 0
            assert ordered[-1] + side >= length - 1e-6
            assert all(np.diff(ordered) <= 0.6 * side + 1e-6)


def test_small_pictures_are_not_cut_into_tiles() -> None:
    assert [len(windows) for windows in windows_by_fineness(48, 48)] == [1, 1]


def test_a_window_of_the_networks_size_shows_the_pixels_as_they_are() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)

    viewed = view(picture, Window(40, 50, SIDE))

    np.testing.assert_array_equal(viewed, picture[50 : 50 + SIDE, 40 : 40 + SIDE])


def test_beyond_the_picture_lies_grey() -> None:
    viewed = view(np.full((SIDE // 2, SIDE), 9, np.uint8), Window(0, -SIDE / 4, SIDE))

    assert (viewed[: SIDE // 4] == PADDING_GREY).all()
    assert (viewed[SIDE // 4 : 3 * SIDE // 4] == 9).all()
    assert (viewed[3 * SIDE // 4 :] == PADDING_GREY).all()


def test_a_window_beside_the_picture_shows_only_grey() -> None:
    viewed = view(np.zeros((20, 20), np.uint8), Window(500, 500, 100))

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

    viewed = view(np.ascontiguousarray(ramp), Window(x, y, side)).astype(float)

    scale = side / SIDE
    source = x + (np.arange(SIDE) + 0.5) * scale - 0.5
    inner = (source > scale) & (source < width - 1 - scale)
    expected = np.broadcast_to(20 + 80 * source / (width - 1), viewed.shape)
    shown = (viewed != PADDING_GREY) & inner
    # Two levels for rounding down above and rounding in the resampling.
    np.testing.assert_allclose(viewed[shown], expected[shown], atol=2)
