"""The detector: what it finds, the right way up, and how often it looks."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.lookalikes import things
from faceveil.installation import DETECTOR_FILE
from faceveil.model.detector import open_detector
from faceveil.vision import blazeface, yunet
from faceveil.vision.decode import decode
from faceveil.vision.detect import MOST_OF_BLAZEFACE, MOST_PROPOSALS, FaceDetector, find_faces
from faceveil.vision.face import GreyImage
from tests.drawn import draw_face
from tests.pictures import encoded

MODELS = Path(__file__).parents[2] / "models"
EYES = ((0.40, 0.475), (0.60, 0.475))
"""Of a drawn face, as shares of its picture."""


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return open_detector(DETECTOR_FILE)


def grey(image: Image.Image) -> GreyImage:
    return np.asarray(image.convert("L"))


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("size", [60, 200, 333, 1000])
def test_a_drawn_face_is_found_once_and_in_its_place(
    detector: FaceDetector, size: int, thorough: bool
) -> None:
    (face,) = detector.detect(grey(draw_face(size)), thorough=thorough)

    for eye, (x, y) in zip((face.left_eye, face.right_eye), EYES, strict=True):
        assert eye == pytest.approx((x * size, y * size), abs=0.02 * size)
    assert face.box.width == pytest.approx(0.45 * size, rel=0.1)
    assert face.agreed
    assert face.features is not None
    assert face.features.left_mouth[0] < face.features.nose[0] < face.features.right_mouth[0]


@pytest.mark.parametrize("degrees", [-150, -60, -30, 0, 30, 60, 150, 180])
def test_a_turned_face_is_found_the_right_way_up(detector: FaceDetector, degrees: int) -> None:
    image = draw_face(300).rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=205)

    (face,) = detector.detect(grey(image))

    assert (face.roll - degrees + 180) % 360 - 180 == pytest.approx(0, abs=9)


@pytest.mark.parametrize("thorough", [False, True])
def test_a_picture_on_its_head_shows_the_faces_of_the_upright_one(
    detector: FaceDetector, thorough: bool
) -> None:
    picture = grey(draw_face(400))
    (upright,) = detector.detect(picture, thorough=thorough)

    (face,) = detector.detect(np.ascontiguousarray(picture[::-1, ::-1]), thorough=thorough)

    x, y = face.left_eye
    assert (400 - x, 400 - y) == pytest.approx(upright.left_eye, abs=4)


def test_a_face_in_the_dark_is_found(detector: FaceDetector) -> None:
    assert len(detector.detect((grey(draw_face(300)) * 0.2).astype(np.uint8))) == 1


@pytest.mark.parametrize(("x", "y"), [(0, 0), (700, 0), (390, 210), (0, 400)])
def test_a_face_a_twelfth_of_the_picture_wide_is_found_where_it_is(
    detector: FaceDetector, x: int, y: int
) -> None:
    canvas = Image.new("L", (900, 600), 205)
    canvas.paste(draw_face(170), (x, y))

    (face,) = detector.detect(grey(canvas))

    assert face.left_eye == pytest.approx((x + 0.40 * 170, y + 0.475 * 170), abs=5)


@pytest.mark.parametrize("size", [48, 60])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_a_face_of_some_twenty_pixels_is_found(
    detector: FaceDetector, width: int, height: int, size: int
) -> None:
    canvas = Image.new("L", (width, height), 205)
    canvas.paste(draw_face(size), (width // 3, height // 4))

    (face,) = detector.detect(grey(canvas), thorough=True)

    assert face.left_eye[0] == pytest.approx(width // 3 + 0.4 * size, abs=4)


def test_a_face_that_the_edge_cuts_is_found_and_may_reach_beyond_it(
    detector: FaceDetector,
) -> None:
    (face,) = detector.detect(np.ascontiguousarray(grey(draw_face(300))[:, 100:]))

    assert face.box.x < 0


def test_a_face_that_fills_the_picture_is_found(detector: FaceDetector) -> None:
    image = draw_face(300).crop((75, 80, 225, 240)).resize((48, 48))

    assert len(detector.detect(grey(image))) == 1


def test_the_largest_face_is_first_though_another_stands_out_more(detector: FaceDetector) -> None:
    canvas = Image.new("L", (1200, 800), 205)
    canvas.paste(draw_face(440), (20, 20))
    canvas.paste(draw_face(520).rotate(35, Image.Resampling.BICUBIC, fillcolor=205), (620, 200))

    found = detector.detect(grey(canvas))

    assert len(found) == 2
    assert found[0].left_eye[0] > 600


def test_thorough_finds_a_small_face_beside_a_large_one(detector: FaceDetector) -> None:
    canvas = Image.new("L", (1000, 600), 205)
    canvas.paste(draw_face(600), (0, 0))
    canvas.paste(draw_face(60), (800, 100))

    found = detector.detect(grey(canvas), thorough=True)

    assert [face.box.width // 40 for face in found] == [6, 0]


def test_thorough_finds_each_of_64_faces_once(detector: FaceDetector) -> None:
    canvas = Image.new("L", (1024, 1024))
    smiles = [draw_face(128, smile=smile) for smile in (-1, 0, 1)]
    for number in range(64):
        canvas.paste(smiles[number % 3], (number % 8 * 128, number // 8 * 128))

    found = detector.detect(grey(canvas), thorough=True)

    cells = [(int(f.left_eye[0] // 128), int(f.left_eye[1] // 128)) for f in found]
    assert sorted(cells) == [(column, row) for column in range(8) for row in range(8)]


def clock(side: int = 300) -> Image.Image:
    """At ten past ten, as in shops."""
    image = Image.new("L", (side, side), 200)
    pen = ImageDraw.Draw(image)
    middle, radius = side / 2, 0.4 * side
    pen.circle((middle, middle), radius, fill=245, outline=30, width=8)
    for hour in range(12):
        x, y = np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)
        ends = [middle + part * radius * axis for part in (0.8, 0.92) for axis in (x, y)]
        pen.line(ends, fill=20, width=5)
    for angle, length in ((-1.01, 0.5), (1.05, 0.75)):
        end = (middle + length * radius * np.sin(angle), middle - length * radius * np.cos(angle))
        pen.line((middle, middle, *end), fill=15, width=9)
    return image


def wall_socket(side: int = 300) -> Image.Image:
    """Of the kind with two slots and a round hole."""
    image = Image.new("L", (side, side), 190)
    pen = ImageDraw.Draw(image)
    for y in (0.33, 0.67):
        pen.rounded_rectangle(
            (0.32 * side, (y - 0.13) * side, 0.68 * side, (y + 0.13) * side), 20, fill=238
        )
        for x in (0.43, 0.57):
            pen.rectangle((x * side - 4, (y - 0.07) * side, x * side + 4, y * side), fill=25)
        pen.circle((0.5 * side, (y + 0.06) * side), 10, fill=25)
    return image


def faceless(kind: str) -> GreyImage:
    random = np.random.default_rng(3)
    y, x = np.mgrid[:300, :300]
    drawn = {"clock": clock, "wall socket": wall_socket}
    if kind in drawn:
        return grey(drawn[kind]())
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
    [
        *("black", "white", "noise", "gradient", "stripes", "disc", "a single row"),
        *("a single pixel", "clock", "wall socket"),
    ],
)
def test_no_face_is_found_where_there_is_none(
    detector: FaceDetector, kind: str, thorough: bool
) -> None:
    assert detector.detect(faceless(kind), thorough=thorough) == []


@pytest.mark.parametrize("number", [17, 29])
def test_a_toy_that_looks_like_a_face_in_one_framing_only_is_none(
    detector: FaceDetector, number: int
) -> None:
    toy = next(islice(things(30, np.random.default_rng(1001)), number, None))

    assert detector.detect(toy, thorough=True) == []


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((8, 8), np.float32),
        np.zeros((0, 8), np.uint8),
    ],
)
def test_what_is_no_grey_picture_is_refused(detector: FaceDetector, picture: GreyImage) -> None:
    with pytest.raises(ValueError, match="grey picture"):
        detector.detect(picture)


class Near:
    """BlazeFace as it would be if it saw nothing, or 16 faces wherever it looks; counts."""

    def __init__(self, faces: int) -> None:
        self.faces, self.runs = faces, 0

    def __call__(self, shown: GreyImage) -> blazeface.Predictions:
        self.runs += 1
        assert shown.shape == (blazeface.SIDE, blazeface.SIDE)
        size = blazeface.SIDE / 4
        places = [(number % 4 + 0.5, number // 4 + 0.5) for number in range(self.faces)]
        found = [(x * size, y * size, 0.8 * size, 0.8 * size) for x, y in places]
        boxes = np.array(found, np.float32).reshape(-1, 4)
        return np.full(self.faces, 0.9, np.float32), boxes, np.repeat(boxes[:, None, :2], 6, axis=1)


class Far:
    """YuNet as it would be if it saw a face in every cell, or in none; counts pictures."""

    def __init__(self, logit: float) -> None:
        self.logit, self.pictures = logit, 0

    def __call__(self, pictures: GreyImage) -> yunet.Cells:
        self.pictures += len(pictures)
        cells: list[NDArray[np.float32]] = []
        for stride in yunet.STRIDES:
            shape = (len(pictures), 16, *(side // stride for side in pictures.shape[1:]))
            each = np.zeros(shape, np.float32)
            each[:, :2] = self.logit
            cells.append(each)
        return cells


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize(("height", "width"), [(1500, 1500), (300, 4000), (64, 64)])
def test_the_number_of_looks_is_bounded_whatever_the_networks_see(
    height: int, width: int, thorough: bool
) -> None:
    near, far = Near(16), Far(0.0)

    find_faces(np.zeros((height, width), np.uint8), near, far, thorough=thorough)

    most = MOST_PROPOSALS + 2 * MOST_OF_BLAZEFACE
    assert far.pictures <= 6 + 12 * most
    assert near.runs <= 2 + 12 * most


def test_a_picture_without_a_face_takes_six_looks_of_one_network_and_five_of_the_other() -> None:
    near, far = Near(0), Far(-20.0)

    assert find_faces(np.zeros((1000, 1000), np.uint8), near, far) == []
    assert (near.runs, far.pictures) == (5, 6)


def test_a_portrait_takes_three_runs_of_blazeface_and_one_of_yunet(detector: FaceDetector) -> None:
    runs = [0, 0]

    def counted(number: int) -> Callable[[GreyImage], Any]:
        def network(shown: GreyImage) -> Any:
            runs[number] += 1
            return detector.networks[number](shown)

        return network

    assert len(find_faces(grey(draw_face(500)), counted(0), counted(1))) == 1
    assert runs == [3, 1]


def test_a_face_of_a_panorama_is_found(detector: FaceDetector) -> None:
    panorama = Image.new("L", (12_000, 1_200), 205)
    panorama.paste(draw_face(420), (7_000, 500))
    picture = decode(encoded(panorama), max_pixels=64_000_000)

    for thorough in (False, True):
        (face,) = detector.detect(picture.pixels, thorough=thorough)
        assert face.box.width * picture.scale == pytest.approx(190, rel=0.1)
        assert face.box.centre[0] * picture.scale == pytest.approx(7_210, abs=20)
