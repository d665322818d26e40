"""The paper's augmentation: rotated, mirrored and noisy copies, made once for a whole set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

TURN_DEGREES = 15.0
GRAIN = 8.0
"""Standard deviation of the noise, in grey levels of 255."""


@dataclass(frozen=True, slots=True)
class Augmented:
    """Images with their copies.

    Attributes:
        crops: uint8, shape (M, H, W); the first N are the images themselves.
        source: int64, shape (M,), the image that each is a copy of.
    """

    crops: NDArray[np.uint8]
    source: NDArray[np.int64]

    def of(self, images: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The rows of some images and of their copies, and of no other image's.

        Args:
            images: bool, shape (N,).
        """
        return np.flatnonzero(images[self.source])


def augmented(crops: NDArray[np.uint8], total: int, seed: int) -> Augmented:
    """Adds copies until there are `total` images, as evenly as the numbers allow.

    A copy is its own image turned by up to 15 degrees, mirrored half of the time, with Gaussian
    noise; the paper names rotation, flip and noise, and leaves their sizes open. Each copy comes of
    one image, so a fold that learns from some images takes those images' copies and no others.

    Args:
        crops: uint8, shape (N, H, W).
        total: M; no copies where N is as many already.
        seed: of the copies.
    """
    generator = np.random.default_rng(seed)
    count = len(crops)
    wanted = max(total - count, 0)
    rounds = [generator.permutation(count) for _ in range(-(-wanted // count))]
    source = np.concatenate([np.arange(count), *rounds])[: count + wanted]
    copies = [_copy(crops[row], generator) for row in source[count:]]
    return Augmented(np.concatenate([crops, np.stack(copies)]) if copies else crops, source)


def _copy(crop: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    turned = ndimage.rotate(
        crop.astype(np.float32),
        generator.uniform(-TURN_DEGREES, TURN_DEGREES),
        reshape=False,
        order=1,
        mode="nearest",
    )
    if generator.random() < 0.5:
        turned = turned[:, ::-1]
    noisy = turned + generator.normal(0.0, GRAIN, turned.shape)
    grey: NDArray[np.uint8] = noisy.round().clip(0, 255).astype(np.uint8)
    return grey
