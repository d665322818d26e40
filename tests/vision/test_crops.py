"""The vision path as a whole: an image file goes in, aligned crops in its own pixels come out."""

import numpy as np
import pytest
from PIL import Image

from faceveil.problems import NoFace, NotAligned, PictureTooLarge, UnreadableImage
from faceveil.vision.align import CropGeometry, align
from faceveil.vision.crops import CroppedPicture, find_crops
from faceveil.vision.face import Box, Detector, Face, GreyImage
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


def _picture(width: int, height: int) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)
    return Image.fromarray(noise)


def _find(
    image: Image.Image, detector: Detector, *, limit: int = 1, aligned: bool = False
) -> CroppedPicture:
    return find_crops(
        encoded(image, "PNG"),
        detector,
        GEOMETRY,
        max_pixels=16_000_000,
        limit=limit,
        aligned=aligned,
    )


def test_a_face_is_cut_out_by_its_eyes() -> None:
    image, face = _picture(200, 150), _face(40, 30, 60)
    found = _find(image, Recorder(face))
    expected = align(np.asarray(image), face.left_eye, face.right_eye, GEOMETRY)
    np.testing.assert_array_equal(found.faces[0].crop, expected)
    assert (found.faces[0].box, found.faces[0].score) == (face.box, 0.8)
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
        sides = [face.box.width for face in _find(_picture(99, 99), detector, limit=limit).faces]
        assert sides == [60, 50, 40][:limit]


@pytest.mark.parametrize(("limit", "thorough"), [(1, False), (2, True), (64, True)])
def test_the_detector_looks_thoroughly_only_where_several_are_wanted(
    limit: int, thorough: bool
) -> None:
    detector = Recorder(_face(10, 10, 40))
    _find(_picture(64, 64), detector, limit=limit)
    assert detector.shown[0][1] is thorough


def test_a_picture_without_a_face_is_refused() -> None:
    with pytest.raises(NoFace):
        _find(_picture(64, 64), Recorder())


def test_an_aligned_crop_is_not_searched() -> None:
    detector = Recorder()
    image = _picture(24, 32)
    (face,) = _find(image, detector, aligned=True).faces
    np.testing.assert_array_equal(face.crop, np.asarray(image))
    assert (face.box, face.score) == (Box(0, 0, 24, 32), None)
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
