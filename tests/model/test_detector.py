"""The detector is tried before it serves: on this processor it finds what it must."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from faceveil.installation import DETECTOR_FILE
from faceveil.model.bundle import BundleError
from faceveil.model.detector import (
    CHECK_FILE,
    DetectorCheck,
    load_detector,
    open_detector,
    try_detector,
)
from faceveil.vision.face import Face, GreyImage

CHECK = DetectorCheck.model_validate_json(DETECTOR_FILE.with_name(CHECK_FILE).read_bytes())


class Shifted:
    """The detector, off by some pixels."""

    def __init__(self, pixels: float) -> None:
        self._detector, self._pixels = open_detector(DETECTOR_FILE), pixels

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        return [
            replace(face, left_eye=(face.left_eye[0] + self._pixels, face.left_eye[1]))
            for face in self._detector.detect(picture, thorough=thorough)
        ]


class Blind:
    """Finds nothing."""

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        del picture, thorough
        return []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "detector"
    shutil.copytree(DETECTOR_FILE.parents[1], folder)
    return folder / DETECTOR_FILE.parent.name / DETECTOR_FILE.name


def test_the_shipped_one_finds_a_face_upright_and_upside_down_and_none_in_another() -> None:
    assert [len(one.faces) for one in CHECK.sightings] == [1, 1, 0]
    assert [abs(round(one.faces[0].roll, -1)) for one in CHECK.sightings[:2]] == [0, 180]
    assert load_detector(DETECTOR_FILE)


@pytest.mark.parametrize("network", ["blazeface-short", "yunet"])
def test_either_network_is_known_by_its_digest(copy: Path, network: str) -> None:
    file = copy.parents[1] / network / "model.onnx"
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(BundleError, match="is not the detector: its SHA-256"):
        open_detector(copy)
    file.unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        open_detector(copy)


def test_one_that_finds_otherwise_is_refused() -> None:
    try_detector(Shifted(CHECK.tolerance / 2), CHECK)
    for detector in (Shifted(2 * CHECK.tolerance), Blind()):
        with pytest.raises(BundleError, match="finds otherwise on this processor"):
            try_detector(detector, CHECK)


def test_without_its_check_it_is_loaded_and_the_log_says_so(
    copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy.with_name(CHECK_FILE).unlink()
    with caplog.at_level(logging.WARNING, "faceveil"):
        assert load_detector(copy)
    assert f"{CHECK_FILE} is not beside it" in caplog.text


def test_a_check_that_is_none_is_refused(copy: Path) -> None:
    copy.with_name(CHECK_FILE).write_text("{}")
    with pytest.raises(BundleError, match="does not tell what the detector must find"):
        load_detector(copy)
