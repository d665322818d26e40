"""The vision path as a whole: an image file goes in, aligned crops in its own pixels come out."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from faceveil.problems import NoFace, NotAligned, PictureTooLarge, SeveralFaces, UnreadableImage
from faceveil.vision.align import CropGeometry, align
from faceveil.vision.crops import LARGEST, CroppedPicture, find_crops
from faceveil.vision.face import Box, Detector, Face, Features, GreyImage
from faceveil.vision.selection import Selection, Wanted
from tests.pictures import encoded

GEOMETRY = CropGeometry(width=24, height=32, left_eye=(0.3, 0.4), right_eye=(0.7, 0.4))


class Recorder:
    """Answers these faces and keeps what it was shown."""

    def __init__(self, *faces: Face) -> None:
        self.faces = list(faces)
        self.shown: list[tuple[GreyImage, bool]] = []

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        self.shown.append((picture, thorough))
        return self.faces


def _face(x: float, y: float, side: float) -> Face:
    box = Box(x, y, side, side)
    eyes = [(x + share * side, y + side / 3) for share in (0.3, 0.7)]
    return Face(box, 0.8, eyes[0], eyes[1])


def _looking(face: Face, aside: float) -> Face:
    """The face with its nose that part of the eyes' distance to the right of the middle."""
    (left, level), (right, _) = face.left_eye, face.right_eye
    apart, middle = right - left, (left + right) / 2
    mouth = [(middle + side * 0.41 * apart, level + 0.98 * apart) for side in (-1, 1)]
    nose = (middle + aside * apart, level + 0.53 * apart)
    return replace(face, features=Features(nose, mouth[0], mouth[1]))


def _picture(width: int, height: int) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)
    return Image.fromarray(noise)


def _find(
    image: Image.Image, detector: Detector, wanted: Selection = LARGEST, *, aligned: bool = False
) -> CroppedPicture:
    return find_crops(
        encoded(image, "PNG"),
        detector,
        GEOMETRY,
        max_pixels=16_000_000,
        wanted=wanted,
        aligned=aligned,
    )


def test_a_face_is_cut_out_by_its_eyes() -> None:
    image, face = _picture(200, 150), _face(40, 30, 60)
    found = _find(image, Recorder(face))
    expected = align(np.asarray(image), face.left_eye, face.right_eye, GEOMETRY)
    np.testing.assert_array_equal(found.faces[0].crop, expected)
    seen = found.faces[0].seen
    assert seen is not None
    assert (found.faces[0].box, seen.score, seen.left_eye) == (face.box, 0.8, face.left_eye)
    assert (found.width, found.height) == (200, 150)


def test_boxes_are_in_the_pixels_of_the_original() -> None:
    detector = Recorder(_face(100, 200, 300))
    found = _find(_picture(3000, 2000), detector)
    assert detector.shown[0][0].shape == (667, 1000)
    assert found.faces[0].box == Box(300, 600, 900, 900)


@pytest.mark.parametrize(
    ("face", "box"),
    [
        (_face(-20, -10, 60), Box(0, 0, 40, 50)),
        (_face(180, 140, 60), Box(180, 140, 20, 10)),
        (_face(300, 300, 60), Box(200, 150, 0, 0)),
    ],
)
def test_a_box_ends_at_the_pictures_edge(face: Face, box: Box) -> None:
    assert _find(_picture(200, 150), Recorder(face)).faces[0].box == box


def test_no_more_faces_are_cut_out_than_wanted() -> None:
    detector = Recorder(*(_face(10, 10, side) for side in (60, 50, 40)))
    for limit in (1, 2, 3, 9):
        found = _find(_picture(99, 99), detector, Selection("all", limit))
        assert [face.box.width for face in found.faces] == [60, 50, 40][:limit]
        assert found.found == 3


@pytest.mark.parametrize(("which", "thorough"), [("largest", False), ("only", True), ("all", True)])
def test_the_detector_looks_thoroughly_only_where_several_matter(
    which: Wanted, thorough: bool
) -> None:
    detector = Recorder(_face(10, 10, 40))
    _find(_picture(64, 64), detector, Selection(which))
    assert detector.shown[0][1] is thorough


def test_of_several_faces_none_is_the_only_one() -> None:
    picture, several = _picture(99, 99), Recorder(*(_face(10, 10, side) for side in (60, 50, 40)))
    with pytest.raises(SeveralFaces, match="There are 3 faces"):
        _find(picture, several, Selection("only"))
    alone = _find(picture, Recorder(_face(10, 10, 60)), Selection("only"))
    assert (len(alone.faces), alone.found) == (1, 1)
    assert len(_find(picture, several).faces) == 1


@pytest.mark.parametrize("which", ["largest", "only"])
def test_a_picture_without_a_face_is_refused(which: Wanted) -> None:
    with pytest.raises(NoFace, match="faces=all answers an empty list"):
        _find(_picture(64, 64), Recorder(), Selection(which))


def test_no_face_among_all_is_an_empty_list() -> None:
    found = _find(_picture(64, 64), Recorder(), Selection("all", 9))
    assert (found.faces, found.found) == ([], 0)


@pytest.mark.parametrize(
    "selection",
    [
        Selection("all", 9, min_score=0.7),
        Selection("all", 9, min_size=90.0),  # of the original, which was read at half its size
        Selection("all", 9, max_yaw=30.0),
    ],
    ids=str,
)
def test_what_does_not_pass_is_left_out_and_counted(selection: Selection) -> None:
    good = _looking(_face(10, 10, 60), 0.0)
    poor = replace(_looking(_face(90, 10, 40), 0.45), score=0.6)
    detector = Recorder(good, poor)
    found = _find(_picture(2000, 1000), detector, selection)
    assert [face.box.width for face in found.faces] == [120]
    assert found.found == 2
    with pytest.raises(NoFace, match=r"Of the 1 found .* min_score, min_size and max_yaw"):
        _find(_picture(2000, 1000), Recorder(poor), replace(selection, which="largest"))


def test_a_face_says_how_it_is_turned_and_what_speaks_against_reading_it() -> None:
    sideways = Face(Box(40, 40, 30, 30), 0.8, (60, 45), (60, 65), agreed=False)
    (face,) = _find(_picture(200, 150), Recorder(sideways)).faces
    assert face.seen is not None
    assert (face.seen.pose.roll, face.seen.pose.yaw) == (90, None)
    assert face.seen.doubts == ("small", "occluded")


def test_an_aligned_crop_is_not_searched() -> None:
    detector = Recorder()
    image = _picture(24, 32)
    (face,) = _find(image, detector, aligned=True).faces
    np.testing.assert_array_equal(face.crop, np.asarray(image))
    assert (face.box, face.seen) == (Box(0, 0, 24, 32), None)
    assert detector.shown == []


def test_an_aligned_crop_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(NotAligned, match=r"24 x 32 .* 32 x 24"):
        _find(_picture(32, 24), Recorder(), aligned=True)


def test_decoding_and_detecting_are_timed_apart() -> None:
    found = _find(_picture(64, 64), Recorder(_face(10, 10, 40)))
    assert found.decode_s > 0
    assert found.detect_s > 0


def test_what_cannot_be_decoded_is_refused_before_the_detector_sees_it() -> None:
    detector = Recorder(_face(10, 10, 40))
    with pytest.raises(UnreadableImage):
        find_crops(b"words", detector, GEOMETRY, max_pixels=1000)
    with pytest.raises(PictureTooLarge):
        find_crops(encoded(_picture(64, 64), "PNG"), detector, GEOMETRY, max_pixels=1000)
    assert detector.shown == []
