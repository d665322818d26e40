"""The work on an image, from its file's bytes to what is released of its faces."""

import hashlib
import logging
import time
from pathlib import Path

from service.engine.bundle import BundleError, find_bundle, load_bundle
from service.engine.encoded import file_of_text
from service.engine.filter import PrivacyFilter
from service.engine.job import Job, ReadFace, Work, shortest
from service.engine.noise import KeyedNoise
from service.keyfile import read_key
from service.problems import InternalError, Problem
from service.settings import Settings
from service.statefolder import state_folder
from service.vision.crops import find_crops
from service.vision.detect import BlazeFace
from service.vision.face import Detector

DETECTOR_SHA256 = "7cd1209e5d3d8744f92f22c160047709a917a8e426c7a10c4889fc18e0eab100"
"""Of the file that `training.detector` makes."""

logger = logging.getLogger("faceveil")


class Reader:
    """A detector and a filter, which read one image after the other."""

    def __init__(self, detector: Detector, privacy_filter: PrivacyFilter, max_pixels: int) -> None:
        """Joins them.

        Args:
            detector: finds the faces.
            privacy_filter: reads them.
            max_pixels: most pixels that an image's header may announce.
        """
        self._detector = detector
        self._filter = privacy_filter
        self._max_pixels = max_pixels

    def read(self, job: Job) -> Work:
        """Decodes, detects, aligns and infers.

        Raises:
            UnreadableImage, PictureTooLarge, NotAligned, NoFace: as the image deserves.
            InternalError: if anything else fails, which the log tells under the request's id.
        """
        try:
            return self._read(job)
        except Problem:
            raise
        except Exception:
            logger.exception("an image was not read", extra={"request_id": job.request_id})
            raise InternalError(InternalError.example) from None

    def _read(self, job: Job) -> Work:
        began = time.perf_counter()
        crops = find_crops(
            job.data if isinstance(job.data, bytes) else file_of_text(job.data),
            self._detector,
            self._filter.card.crop,
            max_pixels=self._max_pixels,
            limit=job.limit,
            aligned=job.aligned,
        )
        cropped = time.perf_counter()
        readings = self._filter.read([face.crop for face in crops.faces], job.level)
        seconds = {
            "queue": began - job.queued_at,
            "decode": crops.decode_s,
            "detect": crops.detect_s,
            "infer": time.perf_counter() - cropped,
        }
        faces = [
            ReadFace(face.box, face.score, shortest(reading.embedding), shortest(reading.emotion))
            for face, reading in zip(crops.faces, readings, strict=True)
        ]
        return Work(crops.width, crops.height, job.level, faces, seconds)


def load_reader(settings: Settings) -> Reader:
    """Loads the model and the detector and warms them up.

    Raises:
        BundleError: if the configured model or the detector is absent or broken, or the model has
            no such level.
        StateFolderError, ValueError: if the noise key cannot be read.
    """
    chosen = settings.model
    bundle = load_bundle(find_bundle(chosen.directory, chosen.name, chosen.version))
    secret = settings.noise.key
    if secret:
        key = secret.get_secret_value().encode()
    else:
        with state_folder(settings.state_directory) as folder:
            key = read_key(folder / "noise.key")
    return Reader(
        _load_detector(settings.detector),
        PrivacyFilter.load(bundle, KeyedNoise(key), chosen.level),
        settings.limits.pixels,
    )


def _load_detector(path: Path) -> BlazeFace:
    try:
        graph = path.read_bytes()
    except OSError as error:
        raise BundleError(f"The detector {path} cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(graph).hexdigest()
    if digest != DETECTOR_SHA256:
        raise BundleError(
            f"{path} is not the detector: its SHA-256 is {digest}, not {DETECTOR_SHA256}."
        )
    return BlazeFace(graph)
