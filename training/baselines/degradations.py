"""Pictures made worse on purpose: what is done where nothing is learned.

Each takes uint8 crops (N, H, W), a strength and a seed, gives such crops again, and leaves them as
they are at strength 0.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Crops = NDArray[np.uint8]
Degradation = Callable[[Crops, float, int], Crops]


def noise(crops: Crops, strength: float, seed: int) -> Crops:
    """Adds Gaussian noise of so many grey levels, of 255."""
    drawn = np.random.default_rng(seed).standard_normal(crops.shape)
    return _grey(crops + drawn * strength)


def blur(crops: Crops, strength: float, seed: int) -> Crops:
    """Blurs by a Gaussian with a standard deviation of so many pixels."""
    del seed
    return _grey(ndimage.gaussian_filter(crops.astype(np.float64), (0, strength, strength)))


def lower_resolution(crops: Crops, strength: float, seed: int) -> Crops:
    """Halves the resolution so many times, by box averages, and enlarges again by interpolation."""
    del seed
    height, width = crops.shape[1:]
    halved = 2.0**strength
    small = (max(round(width / halved), 1), max(round(height / halved), 1))
    return np.stack(
        [
            np.asarray(
                Image.fromarray(crop)
                .resize(small, Image.Resampling.BOX)
                .resize((width, height), Image.Resampling.BILINEAR)
            )
            for crop in crops
        ]
    )


DEGRADATIONS: dict[str, Degradation] = {
    "noise": noise,
    "blur": blur,
    "lower resolution": lower_resolution,
}

STRENGTHS: dict[str, tuple[float, ...]] = {
    "noise": (16.0, 32.0, 64.0, 128.0),
    "blur": (1.0, 2.0, 4.0, 8.0),
    "lower resolution": (1.0, 2.0, 3.0, 4.0),
}
"""How strongly, from hardly visible to hardly a face, at 48 pixels."""


def _grey(levels: NDArray[np.float64]) -> Crops:
    grey: Crops = levels.round().clip(0, 255).astype(np.uint8)
    return grey
