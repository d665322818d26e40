"""Eigenfaces: principal components of the faces that are learned from."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

VARIANCE = 0.95
"""Share of the variance that is kept."""


def features(
    crops: NDArray[np.uint8], learned: NDArray[np.bool_], seed: int
) -> NDArray[np.float64]:
    """Turk, Pentland 1991, "Eigenfaces for recognition", section 2.

    Args:
        crops: uint8, shape (N, H, W).
        learned: bool, shape (N,), the crops whose components are taken.
        seed: of the decomposition.

    Returns:
        float64, shape (N, D), every crop's weights on the components.
    """
    pixels = crops.reshape(len(crops), -1).astype(np.float64)
    components = PCA(VARIANCE, svd_solver="full", random_state=seed).fit(pixels[learned])
    weights: NDArray[np.float64] = components.transform(pixels)
    return weights
