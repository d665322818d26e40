"""Sets that come as tables of pixels instead of image files."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def as_file(pixels: NDArray[np.uint8]) -> bytes:
    """An uncompressed image file (BMP) of grey pixels: uint8, shape (h, w), 0 to 255."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "BMP")
    return buffer.getvalue()
