"""Frames of a clip or a camera, through PyAV, which brings FFmpeg with it: the extra `video`."""

import io
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

AT_A_TIME = 25.0
"""Frames a second, where a file does not say."""


def can_decode() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


def timed(container: Any, video: Any) -> Iterator[tuple[float, Any]]:
    """Decodes.

    Args:
        container: of PyAV, open.
        video: one of its streams.

    Returns:
        Of each frame when it was taken, in seconds from the first, and the frame.
    """
    rate, first = float(video.average_rate or AT_A_TIME), None
    for number, frame in enumerate(container.decode(video)):
        at = number / rate if frame.time is None else float(frame.time)
        first = at if first is None else first
        yield max(at - first, 0.0), frame


def picture_of(frame: Any, mode: str) -> Image.Image:
    """A frame as a picture of mode `L` or `RGB`, upright as the file says the camera was held."""
    levels = frame.to_ndarray(format={"L": "gray", "RGB": "rgb24"}[mode])
    quarters = round(getattr(frame, "rotation", 0) / 90) % 4
    upright: NDArray[np.uint8] = np.ascontiguousarray(np.rot90(levels, quarters))
    return Image.fromarray(upright)


def lossless(frame: Any) -> bytes:
    """A frame as an image file that is quickly written and read: grey, for no colour is used."""
    buffer = io.BytesIO()
    picture_of(frame, "L").save(buffer, "BMP")
    return buffer.getvalue()
