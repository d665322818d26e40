"""The face detector as it is loaded: known by its digest, and tried on this machine."""

import hashlib
import logging
from pathlib import Path

import numpy as np
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from faceveil.installation import YUNET_FILE
from faceveil.model.bundle import BundleError
from faceveil.vision.detect import FaceDetector
from faceveil.vision.face import Detector, Face

BLAZEFACE_SHA256 = "7cd1209e5d3d8744f92f22c160047709a917a8e426c7a10c4889fc18e0eab100"
"""Of the file that `models/detector/blazeface-short/make.py` makes."""

YUNET_SHA256 = "4f1be28149d6d2a74554c94a8e5c10eed4590e24ae8e952df890b0ed3ec6730b"
"""Of the file that `models/detector/yunet/make.py` makes."""

CHECK_FILE = "check.json"
"""Beside the detector's file: what it must find."""

logger = logging.getLogger("faceveil")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sighting(_Part):
    """A picture, which shows no real face, and the faces that are found in it."""

    width: int = Field(ge=1, le=512, description="Pixels.")
    height: int = Field(ge=1, le=512, description="Pixels.")
    picture: Base64Bytes = Field(description="Its grey levels, row by row, a byte each.")
    faces: list[Face]


class DetectorCheck(_Part):
    """What the detector must find on every processor that it is to serve on."""

    tolerance: float = Field(gt=0, lt=1, description="Let pass in pixels and in scores.")
    sightings: list[Sighting] = Field(min_length=1, max_length=16)


def load_detector(path: Path) -> FaceDetector:
    """Loads the detector, once it has found what it must.

    Args:
        path: of its network for single faces; the one for whole pictures lies in the folder beside.

    Raises:
        BundleError: if a file is absent or another one, or finds otherwise on this processor.
    """
    detector = open_detector(path)
    check = _check(path.with_name(CHECK_FILE))
    if check:
        try_detector(detector, check)
    return detector


def open_detector(path: Path) -> FaceDetector:
    """Loads the detector, whatever it finds.

    Raises:
        BundleError: if a file is absent or another one.
    """
    far = path.parents[1] / YUNET_FILE
    return FaceDetector(_graph(path, BLAZEFACE_SHA256), _graph(far, YUNET_SHA256))


def _graph(path: Path, expected: str) -> bytes:
    try:
        graph = path.read_bytes()
    except OSError as error:
        raise BundleError(f"The detector {path} cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(graph).hexdigest()
    if digest != expected:
        raise BundleError(f"{path} is not the detector: its SHA-256 is {digest}, not {expected}.")
    return graph


def try_detector(detector: Detector, check: DetectorCheck) -> None:
    """Has the detector look at the pictures.

    Raises:
        BundleError: if it finds otherwise than it must.
    """
    for one in check.sightings:
        picture = np.frombuffer(one.picture, np.uint8).reshape(one.height, one.width)
        found = detector.detect(picture)
        if len(found) != len(one.faces) or not all(
            np.abs(_values(face) - _values(expected)).max() <= check.tolerance
            for face, expected in zip(found, one.faces, strict=True)
        ):
            raise BundleError(
                "The detector finds otherwise on this processor than where it was measured: "
                f"{len(found)} faces in a test picture of {len(one.faces)}, or more than "
                f"{check.tolerance:g} off. Its file is intact: serve with another release of ONNX "
                "Runtime or on another processor."
            )


def _check(path: Path) -> DetectorCheck | None:
    try:
        return DetectorCheck.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        logger.warning(
            "the detector was not tried on this processor: %s is not beside it", path.name
        )
        return None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BundleError(
            f"{path} does not tell what the detector must find: {first['msg']}"
        ) from None


def _values(face: Face) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    box = face.box
    places = (box.x, box.y, box.width, box.height, *face.left_eye, *face.right_eye)
    return np.array([*places, face.score])
