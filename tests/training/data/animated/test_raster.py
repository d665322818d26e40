"""The nearest triangle is seen, and values between its corners are what a plane would have."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.data.animated.raster import rasterise

SIDE = 12
PLACES = st.floats(-4, SIDE + 4)
CORNERS = st.tuples(PLACES, PLACES, st.floats(0, 1))
FRONT, BACK = [0, 1, 2], [0, 2, 1]
COVERING = np.array([[-5.0, -5.0, 0.0], [-5.0, 50.0, 0.0], [50.0, -5.0, 0.0]])


def test_the_nearer_of_two_hides_the_other() -> None:
    near = COVERING + np.array([0, 0, 1])
    for order in ([COVERING, near], [near, COVERING]):
        points = np.concatenate(order)
        seen = rasterise(points, np.array([[0, 1, 2], [3, 4, 5]]), (SIDE, SIDE))
        assert len(seen.pixels) == SIDE * SIDE
        assert np.allclose(seen.between(points[:, 2]), 1)


def test_what_turns_its_back_is_not_seen() -> None:
    assert len(rasterise(COVERING, np.array([FRONT]), (SIDE, SIDE)).pixels)
    assert not len(rasterise(COVERING, np.array([BACK]), (SIDE, SIDE)).pixels)


def test_nothing_is_seen_of_what_is_outside() -> None:
    assert not len(rasterise(COVERING + 100.0, np.array([FRONT]), (SIDE, SIDE)).pixels)


@given(st.lists(CORNERS, min_size=3, max_size=3))
def test_it_sees_the_pixels_whose_centres_lie_within(corners: list[tuple[float, ...]]) -> None:
    points = np.array(corners)
    a, b, c = points[:, :2]
    area = np.linalg.det([b - a, c - a])
    if abs(area) < 1e-3:
        return
    seen = rasterise(points, np.array([FRONT if area < 0 else BACK]), (SIDE, SIDE))
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    centres = np.stack([x.ravel(), y.ravel()], 1).astype(float)
    inside = np.linalg.solve(np.stack([b - a, c - a], 1), (centres - a).T).T
    shares = np.c_[1 - inside.sum(axis=1), inside]
    surely, maybe = (shares > 1e-6).all(axis=1), (shares > -1e-6).all(axis=1)
    assert set(np.flatnonzero(surely)) <= set(seen.pixels) <= set(np.flatnonzero(maybe))
    assert np.allclose(seen.between(points[:, :2]), centres[seen.pixels], atol=1e-5)
