"""Histograms of oriented gradients."""

import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog

ORIENTATIONS = 8
CELL = 8
BLOCK = 2


def features(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Dalal, Triggs 2005, "Histograms of oriented gradients for human detection", section 6.

    Cells of 8 x 8 pixels with 8 unsigned orientations, blocks of 2 x 2 cells, clipped L2 norm.

    Args:
        crops: uint8, shape (N, H, W), of 16 pixels or more.

    Returns:
        float64, shape (N, D).
    """
    return np.stack(
        [
            hog(
                crop,
                orientations=ORIENTATIONS,
                pixels_per_cell=(CELL, CELL),
                cells_per_block=(BLOCK, BLOCK),
                block_norm="L2-Hys",
            )
            for crop in crops
        ]
    )
