from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.streams.tracks import GAP_S, LOST_S, Tracks
from faceveil.vision.face import Box

RATES = (5, 15, 25)
"""Frames a second."""


def box(x: float, y: float = 200, size: float = 100) -> Box:
    """A square around a middle."""
    return Box(x - size / 2, y - size / 2, size, size)


def shaken(one: Box, rng: np.random.Generator) -> Box:
    """As a detector sees it."""
    x, y, width, height = rng.normal(0, 0.02 * one.width, 4)
    return Box(one.x + x, one.y + y, one.width + width, one.height + height)


def numbers(tracks: Tracks, boxes: list[Box], at: float) -> list[int]:
    return [track.number for track in tracks.see(boxes, at)[0]]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seed", range(20))
def test_two_who_cross_keep_their_numbers_though_one_hides_the_other(rate: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracks, seconds = Tracks(8), 4.0
    speed = rng.uniform(100, 200)
    for at in np.arange(0, seconds, 1 / rate):
        gone = speed * (at - seconds / 2)
        front, behind = box(320 + gone), box(320 - gone, 215, 90)
        seen = [shaken(front, rng)]
        if abs(2 * gone) > 60:
            seen.append(shaken(behind, rng))
        order = rng.permutation(len(seen))
        found = numbers(tracks, [seen[one] for one in order], at)
        of = dict(zip(order.tolist(), found, strict=True))
        assert of[0] == 1 or at == 0
        assert of.get(1, 2) == 2 or at == 0
        if at == 0:
            tracks = Tracks(8)
            assert numbers(tracks, seen, at) == [1, 2]


def test_a_face_that_was_away_too_long_is_somebody_new() -> None:
    tracks = Tracks(8)
    assert numbers(tracks, [box(100)], 0.0) == [1]
    assert numbers(tracks, [], 0.5) == []
    assert numbers(tracks, [box(100)], 0.9) == [1]
    assert numbers(tracks, [], 1.0) == []
    assert numbers(tracks, [box(100)], 0.9 + LOST_S + 0.1) == [2]


def test_frames_may_come_slowly_and_after_a_gap_all_are_new() -> None:
    tracks = Tracks(8)
    for at in (0.0, 2.0, 4.0):
        assert numbers(tracks, [box(100), box(400)], at) == [1, 2]
    _, ended = tracks.see([box(100), box(400)], 4.0 + GAP_S + 0.1)
    assert [track.number for track in ended] == [1, 2]


def test_a_track_that_ended_is_told_once() -> None:
    tracks = Tracks(8)
    tracks.see([box(100)], 0.0)
    assert tracks.see([], 0.5)[1] == []
    assert [track.number for track in tracks.see([], 1.5)[1]] == [1]
    assert tracks.see([], 1.6)[1] == []


def test_a_jump_of_a_face_width_is_followed_and_one_across_the_frame_is_not() -> None:
    tracks = Tracks(8)
    assert numbers(tracks, [box(100)], 0.0) == [1]
    assert numbers(tracks, [box(185)], 0.2) == [1]
    assert numbers(tracks, [box(600)], 0.4) == [2]


def test_no_more_tracks_are_kept_than_allowed_and_the_longest_lost_go() -> None:
    tracks = Tracks(4)
    for frame in range(50):
        apart = [box(1000.0 * frame), box(1000.0 * frame, 5000)]
        _, ended = tracks.see(apart, frame / 100)
        assert len(ended) == (2 if frame >= 2 else 0)


@st.composite
def scenes(draw: st.DrawFn) -> list[list[Box]]:
    """Frames of a few faces that move little from one to the next."""
    starts = draw(st.lists(st.integers(0, 8), min_size=1, max_size=4, unique=True))
    moves = st.floats(-10, 10)
    frames = draw(st.integers(2, 6))
    places = [(300.0 * start, 0.0) for start in starts]
    scene = []
    for _ in range(frames):
        places = [(x + draw(moves), y + draw(moves)) for x, y in places]
        scene.append([box(x, y) for x, y in places])
    return scene


@given(scenes())
def test_the_order_of_a_frames_faces_changes_nothing(scene: list[list[Box]]) -> None:
    tracks = Tracks(16)
    first = numbers(tracks, scene[0], 0.0)
    orders = list(permutations(range(len(first))))
    for frame, boxes in enumerate(scene[1:], 1):
        order = orders[frame % len(orders)]
        found = numbers(tracks, [boxes[one] for one in order], frame / 25)
        assert found == [first[one] for one in order]


@given(scenes(), st.floats(0.1, 10), st.floats(-1e4, 1e4))
def test_how_large_a_frame_is_and_where_its_corner_lies_changes_nothing(
    scene: list[list[Box]], scale: float, shift: float
) -> None:
    here, there = Tracks(16), Tracks(16)
    for frame, boxes in enumerate(scene):
        moved = [
            Box(one.x * scale + shift, one.y * scale + shift, one.width * scale, one.height * scale)
            for one in boxes
            if one.width * scale >= 16
        ]
        if len(moved) == len(boxes):
            at = frame / 25
            assert numbers(here, boxes, at) == numbers(there, moved, at)
