"""The detector: what it finds, and the geometry by which it finds it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faceveil.vision.detect import (
    MAX_SECOND_LOOKS,
    MAX_SECOND_LOOKS_QUICK,
    BlazeFace,
    Network,
    Predictions,
    average,
    distinct,
    faces_from_predictions,
    find_faces,
    mirrored,
    share_of_smaller,
    share_of_union,
)
from faceveil.vision.face import Box, Face, GreyImage
from faceveil.vision.windows import SIDE, Window
from tests.drawn import draw_face

MODEL = Path(__file__).parents[2] / "models" / "detector" / "blazeface-short" / "model.onnx"

lengths = st.floats(1, 500)
places = st.floats(-500, 500)
boxes = st.builds(Box, places, places, lengths, lengths)


@st.composite
def faces(draw: st.DrawFn) -> Face:
    box = draw(boxes)
    xs = sorted(draw(st.tuples(places, places)))
    return Face(box, draw(st.floats(0, 1)), (xs[0], draw(places)), (xs[1], draw(places)))


@pytest.fixture(scope="module")
def detector() -> BlazeFace:
    return BlazeFace(MODEL.read_bytes())


def grey(image: Image.Image) -> GreyImage:
    return np.asarray(image.convert("L"))


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("size", [60, 200, 333, 1000])
def test_a_drawn_face_is_found_once_and_in_its_place(
    detector: BlazeFace, size: int, thorough: bool
) -> None:
    (face,) = detector.detect(grey(draw_face(size)), thorough=thorough)

    assert face.left_eye == pytest.approx((0.40 * size, 0.475 * size), abs=0.02 * size)
    assert face.right_eye == pytest.approx((0.60 * size, 0.475 * size), abs=0.02 * size)
    assert face.box.width == pytest.approx(0.45 * size, rel=0.1)
    assert face.score > 0.8


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_face_turned_by_up_to_30_degrees_is_found(detector: BlazeFace, degrees: int) -> None:
    image = draw_face(300).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=205)

    (face,) = detector.detect(grey(image))

    across, down = np.subtract(face.right_eye, face.left_eye)
    assert np.degrees(np.arctan2(-down, across)) == pytest.approx(degrees, abs=8)


def test_a_face_in_the_dark_is_found(detector: BlazeFace) -> None:
    assert len(detector.detect((grey(draw_face(300)) * 0.2).astype(np.uint8))) == 1


@pytest.mark.parametrize(("x", "y"), [(0, 0), (700, 0), (390, 210), (0, 400)])
def test_a_face_a_twelfth_of_the_picture_wide_is_found_where_it_is(
    detector: BlazeFace, x: int, y: int
) -> None:
    canvas = Image.new("L", (900, 600), 205)
    canvas.paste(draw_face(170), (x, y))

    (face,) = detector.detect(grey(canvas))

    assert face.left_eye == pytest.approx((x + 0.40 * 170, y + 0.475 * 170), abs=5)


def test_a_face_that_the_edge_cuts_is_found_and_may_reach_beyond_it(detector: BlazeFace) -> None:
    (face,) = detector.detect(np.ascontiguousarray(grey(draw_face(300))[:, 100:]))

    assert face.box.x < 0


def test_a_face_that_fills_the_picture_is_found(detector: BlazeFace) -> None:
    image = draw_face(300).crop((75, 80, 225, 240)).resize((48, 48))

    assert len(detector.detect(grey(image))) == 1


def test_thorough_finds_a_small_face_beside_a_large_one(detector: BlazeFace) -> None:
    canvas = Image.new("L", (1000, 600), 205)
    canvas.paste(draw_face(600), (0, 0))
    canvas.paste(draw_face(120), (800, 100))

    found = detector.detect(grey(canvas), thorough=True)

    assert [round(face.box.width, -1) for face in found] == [270, 50]


def test_thorough_finds_each_of_64_faces_once(detector: BlazeFace) -> None:
    canvas = Image.new("L", (1024, 1024))
    smiles = [draw_face(128, smile=smile) for smile in (-1, 0, 1)]
    for number in range(64):
        canvas.paste(smiles[number % 3], (number % 8 * 128, number // 8 * 128))

    found = detector.detect(grey(canvas), thorough=True)

    cells = [(int(f.left_eye[0] // 128), int(f.left_eye[1] // 128)) for f in found]
    assert sorted(cells) == [(column, row) for column in range(8) for row in range(8)]


def faceless(kind: str) -> GreyImage:
    random = np.random.default_rng(3)
    y, x = np.mgrid[:300, :300]
    pictures: dict[str, GreyImage] = {
        "black": np.zeros((300, 300), np.uint8),
        "white": np.full((300, 300), 255, np.uint8),
        "noise": random.integers(0, 256, (300, 300), np.uint8),
        "gradient": (x * 255 // 300).astype(np.uint8),
        "stripes": ((x + y) // 9 % 2 * 255).astype(np.uint8),
        "disc": (((x - 150) ** 2 + (y - 150) ** 2 < 8000) * 200).astype(np.uint8),
        "a single row": np.zeros((1, 4000), np.uint8),
        "a single pixel": np.zeros((1, 1), np.uint8),
    }
    return pictures[kind]


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize(
    "kind",
    ["black", "white", "noise", "gradient", "stripes", "disc", "a single row", "a single pixel"],
)
def test_no_face_is_found_where_there_is_none(
    detector: BlazeFace, kind: str, thorough: bool
) -> None:
    assert detector.detect(faceless(kind), thorough=thorough) == []


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((8, 8), np.float32),
        np.zeros((0, 8), np.uint8),
    ],
)
def test_what_is_no_grey_picture_is_refused(detector: BlazeFace, picture: GreyImage) -> None:
    with pytest.raises(ValueError, match="grey picture"):
        detector.detect(picture)


class Everywhere:
    """A network that sees the same number of faces, side by side, wherever it looks."""

    def __init__(self, count: int, score: float = 0.9) -> None:
        self.count, self.score, self.runs = count, score, 0

    def __call__(self, view: GreyImage) -> Predictions:
        self.runs += 1
        assert view.shape == (SIDE, SIDE)
        side = int(np.ceil(np.sqrt(self.count))) or 1
        size = SIDE / side
        found = [
            ((i % side + 0.5) * size, (i // side + 0.5) * size, 0.8 * size, 0.8 * size)
            for i in range(self.count)
        ]
        return predictions(found, [self.score] * self.count)


def predictions(
    found: Sequence[tuple[float, float, float, float]], scores: Sequence[float]
) -> Predictions:
    boxes = np.array(found, np.float32).reshape(-1, 4)
    keypoints = np.repeat(boxes[:, None, :2], 6, axis=1)
    keypoints[:, 0, 0] -= 0.2 * boxes[:, 2]
    keypoints[:, 1, 0] += 0.2 * boxes[:, 2]
    return np.array(scores, np.float32), boxes, keypoints


@pytest.mark.parametrize(
    ("thorough", "limit"), [(False, MAX_SECOND_LOOKS_QUICK), (True, MAX_SECOND_LOOKS)]
)
@pytest.mark.parametrize(("height", "width"), [(2000, 2000), (300, 4000), (64, 64)])
@pytest.mark.parametrize("score", [0.55, 0.9])
def test_the_number_of_network_runs_is_bounded_whatever_the_network_sees(
    height: int, width: int, thorough: bool, limit: int, score: float
) -> None:
    network = Everywhere(16, score)

    find_faces(np.zeros((height, width), np.uint8), network, thorough=thorough)

    assert network.runs <= 1 + 1 + 9 + 36 + 2 * limit


def test_a_picture_without_a_face_takes_the_47_runs_of_the_first_looks() -> None:
    network = Everywhere(0)

    assert find_faces(np.zeros((1000, 1000), np.uint8), network) == []
    assert network.runs == 47


def test_a_portrait_takes_three_runs() -> None:
    network = Everywhere(1)

    assert len(find_faces(np.zeros((1000, 1000), np.uint8), network)) == 1
    assert network.runs == 3


def test_what_the_second_look_does_not_see_again_is_no_face() -> None:
    looks = iter([predictions([(64, 64, 60, 60)], [0.9])])

    def once(view: GreyImage) -> Predictions:
        return next(looks, predictions([], []))

    assert find_faces(np.zeros((100, 100), np.uint8), once) == []


def test_a_second_look_that_sees_only_another_face_confirms_nothing() -> None:
    looks = iter([predictions([(64, 64, 60, 60)], [0.9])])

    def then_in_the_corner(view: GreyImage) -> Predictions:
        return next(looks, predictions([(10, 10, 12, 12), (118, 10, 12, 12)], [0.9, 0.9]))

    found = find_faces(np.zeros((100, 100), np.uint8), then_in_the_corner)

    assert all(face.box.width < 30 for face in found)


def test_what_the_mirror_image_does_not_show_is_no_face() -> None:
    picture = np.zeros((100, 100), np.uint8)
    picture[:, :50] = 255

    def sees_light_on_the_left(view: GreyImage) -> Predictions:
        if view[SIDE // 2, SIDE // 4] < 255:
            return predictions([], [])
        return predictions([(64, 64, 64, 64)], [0.9])

    assert find_faces(picture, sees_light_on_the_left) == []


def seen_in_looks(looks: range, score: float) -> Network:
    """A network that sees a face in the middle in these of its runs, and else nothing."""
    numbers = iter(range(1000))

    def network(view: GreyImage) -> Predictions:
        seen = next(numbers) in looks
        return predictions([(64, 64, 50, 50)] if seen else [], [score] if seen else [])

    return network


def test_a_doubtful_face_of_the_whole_picture_counts_where_there_is_no_surer_one() -> None:
    picture = np.zeros((1000, 1000), np.uint8)

    (face,) = find_faces(picture, seen_in_looks(range(3), 0.7))

    assert face.score == pytest.approx(0.7)
    assert find_faces(picture, seen_in_looks(range(3), 0.6)) == []


@pytest.mark.parametrize("thorough", [False, True])
def test_a_surer_face_in_a_tile_drives_out_a_doubtful_one(
    detector: BlazeFace, thorough: bool
) -> None:
    canvas = Image.new("L", (1000, 1000), 205)
    askew = draw_face(800).rotate(45, Image.Resampling.BICUBIC, fillcolor=205)
    canvas.paste(askew, (200, 200))
    (doubtful,) = detector.detect(grey(canvas))
    canvas.paste(draw_face(120), (0, 0))

    (surer,) = detector.detect(grey(canvas), thorough=thorough)

    assert doubtful.box.width > 200
    assert surer.box.width == pytest.approx(0.45 * 120, rel=0.1)


def test_doubtful_faces_in_tiles_do_not_count() -> None:
    picture = np.zeros((1000, 1000), np.uint8)

    assert find_faces(picture, seen_in_looks(range(2, 1000), 0.7)) == []


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(10, 3000))
def test_predictions_are_mapped_back_through_the_window(x: float, y: float, side: float) -> None:
    (face,) = faces_from_predictions(predictions([(64, 32, 32, 16)], [0.9]), Window(x, y, side))

    expected = (x + 0.375 * side, y + 0.1875 * side, 0.25 * side, 0.125 * side)
    assert dataclasses.astuple(face.box) == pytest.approx(expected, abs=1e-3)
    assert face.left_eye == pytest.approx((x + 0.45 * side, y + 0.25 * side), abs=1e-3)
    assert face.right_eye == pytest.approx((x + 0.55 * side, y + 0.25 * side), abs=1e-3)


def test_the_left_eye_is_the_one_on_the_left_of_the_picture() -> None:
    scores, boxes, keypoints = predictions([(64, 64, 40, 40)], [0.9])
    swapped = keypoints[:, [1, 0, 2, 3, 4, 5]]

    (face,) = faces_from_predictions((scores, boxes, swapped), Window(0, 0, SIDE))

    assert face.left_eye[0] < face.right_eye[0]


def test_two_boxes_on_one_face_become_their_mean_weighted_by_score() -> None:
    close = predictions([(60, 60, 40, 40), (66, 60, 40, 40)], [0.8, 0.4])

    (face,) = faces_from_predictions(close, Window(0, 0, SIDE))

    assert face.box.x + face.box.width / 2 == pytest.approx(62)
    assert face.score == pytest.approx(0.8)


def test_predictions_without_extent_or_below_the_score_are_dropped() -> None:
    poor = predictions([(60, 60, 0, 40), (60, 60, -5, 40), (60, 60, 40, 40)], [0.9, 0.9, 0.4])

    assert faces_from_predictions(poor, Window(0, 0, SIDE)) == []


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_share(one: Box, other: Box) -> None:
    for share in (share_of_union, share_of_smaller):
        assert share(one, other) == pytest.approx(share(other, one))
        assert -1e-9 <= share(one, other) <= 1 + 1e-9
    assert share_of_union(one, other) <= share_of_smaller(one, other) + 1e-9


@given(boxes)
def test_a_box_overlaps_itself_wholly(box: Box) -> None:
    assert share_of_union(box, box) == pytest.approx(1)
    assert share_of_smaller(box, box) == pytest.approx(1)


@given(st.lists(faces(), max_size=8))
def test_distinct_faces_are_apart_and_largest_first_and_every_other_lies_on_a_surer_one(
    some: list[Face],
) -> None:
    surest = distinct(some)

    areas = [face.box.area for face in surest]
    assert areas == sorted(areas, reverse=True)
    for number, face in enumerate(surest):
        assert all(share_of_smaller(face.box, other.box) < 0.5 for other in surest[:number])
    for face in some:
        assert face in surest or any(
            other.score >= face.score and share_of_smaller(face.box, other.box) >= 0.5
            for other in surest
        )


def test_a_box_inside_a_surer_one_is_the_same_face() -> None:
    large = Face(Box(0, 0, 100, 100), 0.9, (30, 40), (70, 40))
    nose = Face(Box(40, 40, 20, 20), 0.7, (45, 45), (55, 45))

    assert distinct([nose, large]) == [large]


@given(faces(), places, lengths)
def test_mirroring_twice_gives_the_face_back(face: Face, x: float, side: float) -> None:
    window = Window(x, 0, side)

    back = mirrored(mirrored(face, window), window)

    assert back.left_eye == pytest.approx(face.left_eye, abs=1e-6)
    assert dataclasses.astuple(back.box) == pytest.approx(dataclasses.astuple(face.box), abs=1e-6)


@given(faces(), places, lengths)
def test_a_mirrored_face_keeps_its_left_eye_on_the_left(face: Face, x: float, side: float) -> None:
    other = mirrored(face, Window(x, 0, side))

    assert other.left_eye[0] <= other.right_eye[0]


@given(faces())
def test_the_average_of_a_face_and_itself_is_the_face(face: Face) -> None:
    mean = average(face, face)

    assert dataclasses.astuple(mean.box) == pytest.approx(dataclasses.astuple(face.box))
    assert mean.score == pytest.approx(face.score)
    assert mean.left_eye == pytest.approx(face.left_eye)
