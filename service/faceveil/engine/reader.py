"""The work on an image, from its file's bytes to what is released of its faces."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from faceveil.engine.encoded import file_of_text
from faceveil.engine.job import Order, ReadFace, ReadPicture, Stage, shortest
from faceveil.engine.rehearsal import rehearse
from faceveil.model.bundle import load_bundle
from faceveil.model.detector import load_detector
from faceveil.model.filter import PrivacyFilter
from faceveil.model.noise import Noise
from faceveil.pool.duty import Ask
from faceveil.vision.crops import find_crops
from faceveil.vision.face import Detector

_ANSWER = TypeAdapter(ReadPicture)


class Reader:
    """A detector and a filter, which read one image after the other: a worker's duty."""

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

    def do(self, job: Order, ask: Ask) -> bytes:
        """Reads, and writes what is released as JSON.

        Args:
            job: what is to be read.
            ask: answers the digests of crops, one after the other, with their noise: float32.
        """

        def noise(digests: Sequence[bytes], _: str) -> NDArray[np.float32]:
            drawn = np.frombuffer(ask(b"".join(digests)), np.float32)
            return drawn.reshape(len(digests), -1)

        return _ANSWER.dump_json(self.read(job, noise))

    def read(self, order: Order, noise: Noise) -> ReadPicture:
        """Decodes, detects, aligns and infers.

        Raises:
            UnreadableImage, PictureTooLarge, PictureTooCostly, NotAligned, NoFace, SeveralFaces: as
                the image deserves.
        """
        began = time.perf_counter()
        crops = find_crops(
            order.data if isinstance(order.data, bytes) else file_of_text(order.data),
            self._detector,
            self._filter.card.crop,
            max_pixels=self._max_pixels,
            wanted=order.wanted,
            aligned=order.aligned,
        )
        cropped = time.perf_counter()
        readings = self._filter.read([face.crop for face in crops.faces], noise, order.level)
        seconds: dict[Stage, float] = {
            "queue": began - order.queued_at,
            "decode": crops.decode_s,
            "detect": crops.detect_s,
            "infer": time.perf_counter() - cropped,
        }
        faces = [
            ReadFace(
                face.box,
                face.seen,
                shortest(reading.embedding),
                shortest(reading.emotion),
                None if reading.expression is None else shortest(reading.expression),
            )
            for face, reading in zip(crops.faces, readings, strict=True)
        ]
        return ReadPicture(crops.width, crops.height, order.level, crops.found, faces, seconds)

    def rehearse(self) -> None:
        """Reads a picture of each kind, and some that are none."""
        rehearse(self, self._filter.card, self._filter.level)


def load_reader(
    bundle: str, digest: str | None, level: str | None, detector: str, max_pixels: int
) -> Reader:
    """Loads the model and the detector and warms them up.

    Args:
        bundle: folder of the model.
        digest: that its card must have; without one, any.
        level: taken where none is asked for.
        detector: file of the detector.
        max_pixels: most pixels that an image's header may announce.

    Raises:
        BundleError: if the model or the detector is absent or broken or computes otherwise on this
            processor, or the model is not the pinned one or has no such level.
    """
    return Reader(
        load_detector(Path(detector)),
        PrivacyFilter.load(load_bundle(Path(bundle), digest), level),
        max_pixels,
    )
