"""Magnitudes of Gabor wavelets, as JAFFE's authors read emotions with them."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from skimage.filters import gabor_kernel
from skimage.transform import downscale_local_mean

WAVELENGTHS = (4.0, 6.0, 8.0, 12.0)
"""In pixels."""
ORIENTATIONS = 6
CELL = 8
"""Pixels, width and height, over which a magnitude is averaged."""


def features(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Lyons, Akamatsu, Kamachi, Gyoba 1998, "Coding facial expressions with Gabor wavelets".

    They take the magnitudes at 34 points that somebody has marked by hand; here they are averaged
    over the cells of a grid, since crops are aligned.

    Args:
        crops: uint8, shape (N, H, W).

    Returns:
        float64, shape (N, D), a magnitude a wavelet and cell.
    """
    grey = crops.astype(np.float64)
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    magnitudes = []
    for wavelength in WAVELENGTHS:
        for turn in range(ORIENTATIONS):
            kernel = gabor_kernel(1 / wavelength, theta=np.pi * turn / ORIENTATIONS)
            size = np.hypot(_filtered(grey, kernel.real), _filtered(grey, kernel.imag))
            magnitudes.append(downscale_local_mean(size, (1, CELL, CELL)).reshape(len(crops), -1))
    return np.hstack(magnitudes)


def _filtered(grey: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, H, W) convolved, zeros around, cut to the same size."""
    same: NDArray[np.float64] = fftconvolve(grey, kernel[np.newaxis], mode="same", axes=(1, 2))
    return same
