"""What every peer serves: the service's own detector, crops, model and noise."""

import io
from pathlib import Path
from typing import Any

from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.detector import open_detector
from faceveil.model.filter import PrivacyFilter, Reading
from faceveil.model.noise import KeyedNoise, ModelNoise
from faceveil.vision.crops import find_crops
from faceveil.vision.face import GreyImage

MODELS = Path(__file__).parents[3] / "models"
MOST_PIXELS = 64_000_000


class Pipeline:
    """From an image file's bytes to an answer, on whichever thread it is called."""

    def __init__(self) -> None:
        bundle = load_bundle(find_bundle(MODELS, "faceveil"))
        self.filter = PrivacyFilter.load(bundle)
        self._noise = ModelNoise(KeyedNoise(bytes(32)), bundle.card)
        detector = MODELS / "detector" / "blazeface-short" / "model.onnx"
        self.detector = open_detector(detector)

    def infer(self, crops: list[GreyImage]) -> list[Reading]:
        """Reads aligned crops."""
        return self.filter.read(crops, self._noise.draw)

    def __call__(self, data: bytes) -> dict[str, Any]:
        """Reads the largest face.

        Raises:
            faceveil.problems.Problem: if there is none, or the file is no image.
        """
        card = self.filter.card
        crops = find_crops(data, self.detector, card.crop, max_pixels=MOST_PIXELS)
        faces = []
        readings = self.infer([face.crop for face in crops.faces])
        for face, reading in zip(crops.faces, readings, strict=True):
            emotion = dict(zip(card.labels, reading.emotion.tolist(), strict=True))
            box = face.box
            faces.append(
                {
                    "box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height},
                    "score": face.seen and face.seen.score,
                    "emotion": {
                        "label": max(emotion, key=emotion.__getitem__),
                        "probabilities": emotion,
                    },
                    "embedding": reading.embedding.tolist(),
                }
            )
        return {"image": {"width": crops.width, "height": crops.height}, "faces": faces}


def contents(upload: Any) -> bytes:
    """The bytes of what a framework hands over for an uploaded file."""
    if isinstance(upload, bytes):
        return upload
    if isinstance(upload, io.IOBase):
        return bytes(upload.read())
    return bytes(upload.file.read())
