"""What BlazeFace's predictions mean."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.vision.blazeface import (
    SIDE,
    Predictions,
    average,
    faces_of,
    look,
    look_closely,
    mirrored,
)
from faceveil.vision.face import Box, Face, GreyImage
from faceveil.vision.windows import Window

lengths = st.floats(1, 500)
places = st.floats(-500, 500)


@st.composite
def faces(draw: st.DrawFn) -> Face:
    xs = sorted(draw(st.tuples(places, places)))
    box = Box(draw(places), draw(places), draw(lengths), draw(lengths))
    return Face(box, draw(st.floats(0, 1)), (xs[0], draw(places)), (xs[1], draw(places)))


def predictions(
    found: Sequence[tuple[float, float, float, float]], scores: Sequence[float]
) -> Predictions:
    boxes = np.array(found, np.float32).reshape(-1, 4)
    keypoints = np.repeat(boxes[:, None, :2], 6, axis=1)
    keypoints[:, 0, 0] -= 0.2 * boxes[:, 2]
    keypoints[:, 1, 0] += 0.2 * boxes[:, 2]
    return np.array(scores, np.float32), boxes, keypoints


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(10, 3000))
def test_predictions_are_mapped_back_through_the_window(x: float, y: float, side: float) -> None:
    seen = predictions([(64, 32, 32, 16)], [0.9])

    (face,) = look(np.zeros((SIDE, SIDE), np.uint8), Window(x, y, side), lambda _: seen)

    expected = (x + 0.375 * side, y + 0.1875 * side, 0.25 * side, 0.125 * side)
    assert dataclasses.astuple(face.box) == pytest.approx(expected, abs=1e-3)
    assert face.left_eye == pytest.approx((x + 0.45 * side, y + 0.25 * side), abs=1e-3)
    assert face.right_eye == pytest.approx((x + 0.55 * side, y + 0.25 * side), abs=1e-3)


def test_the_left_eye_is_the_one_on_the_left_of_what_was_shown() -> None:
    scores, boxes, keypoints = predictions([(64, 64, 40, 40)], [0.9])

    (face,) = faces_of((scores, boxes, keypoints[:, [1, 0, 2, 3, 4, 5]]))

    assert face.left_eye[0] < face.right_eye[0]


def test_in_a_window_on_its_head_the_left_eye_lies_on_the_right_of_the_picture() -> None:
    seen = predictions([(64, 64, 40, 40)], [0.9])

    (face,) = look(np.zeros((SIDE, SIDE), np.uint8), Window(0, 0, SIDE, 180), lambda _: seen)

    assert face.left_eye[0] > face.right_eye[0]
    assert abs(face.roll) == pytest.approx(180)


def test_two_boxes_on_one_face_become_their_mean_weighted_by_score() -> None:
    (face,) = faces_of(predictions([(60, 60, 40, 40), (66, 60, 40, 40)], [0.8, 0.4]))

    assert face.box.centre[0] == pytest.approx(62)
    assert face.score == pytest.approx(0.8)


def test_predictions_without_extent_or_below_the_score_are_dropped() -> None:
    boxes = [(60.0, 60.0, 0.0, 40.0), (60.0, 60.0, -5.0, 40.0), (60.0, 60.0, 40.0, 40.0)]

    assert faces_of(predictions(boxes, [0.9, 0.9, 0.4])) == []


WINDOW = Window(0, 0, SIDE)
BLANK = np.zeros((SIDE, SIDE), np.uint8)


def test_a_close_look_that_sees_only_another_face_confirms_nothing() -> None:
    corners = predictions([(10, 10, 12, 12), (118, 10, 12, 12)], [0.9, 0.9])

    assert look_closely(BLANK, WINDOW, lambda _: corners) is None
    assert look_closely(BLANK, WINDOW, lambda _: predictions([], [])) is None


def test_what_the_mirror_image_does_not_show_is_no_face() -> None:
    half = BLANK.copy()
    half[:, : SIDE // 2] = 255

    def sees_light_on_the_left(shown: GreyImage) -> Predictions:
        return predictions([(64, 64, 64, 64)], [0.9 if shown[0, 0] else 0.1])

    assert look_closely(half, WINDOW, sees_light_on_the_left) is None
    assert look_closely(BLANK + 9, WINDOW, sees_light_on_the_left) is not None


@given(faces())
def test_mirroring_twice_gives_the_face_back(face: Face) -> None:
    back = mirrored(mirrored(face))

    assert back.left_eye == pytest.approx(face.left_eye, abs=1e-6)
    assert dataclasses.astuple(back.box) == pytest.approx(dataclasses.astuple(face.box), abs=1e-6)


@given(faces())
def test_a_mirrored_face_has_its_left_eye_on_the_left(face: Face) -> None:
    other = mirrored(face)

    assert other.left_eye[0] <= other.right_eye[0]


@given(faces())
def test_the_average_of_a_face_and_itself_is_the_face(face: Face) -> None:
    mean = average(face, face)

    assert dataclasses.astuple(mean.box) == pytest.approx(dataclasses.astuple(face.box))
    assert mean.score == pytest.approx(face.score)
    assert mean.left_eye == pytest.approx(face.left_eye)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_what_overlaps_is_blended_as_numpy_averages_it(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = rng.normal((60, 60, 50, 50), 1.0, (count, 4)).astype(np.float32)
    scores = rng.uniform(0.5, 1.0, count).astype(np.float32)

    (face,) = faces_of(predictions([tuple(one) for one in found.tolist()], scores.tolist()))

    x, y, width, height = np.average(found, axis=0, weights=scores).tolist()
    expected = (x - width / 2, y - height / 2, width, height)
    assert dataclasses.astuple(face.box) == pytest.approx(expected, rel=1e-6)
