"""The noise that is added to embeddings: secret, and the same for the same image.

Noise drawn anew at each request could be averaged away by asking often. Here it is a function of
a secret key, the model, the level and the crop: asking again for the same crop tells nothing new.
Another picture of the person gets other noise, so that many pictures of one person do average.
"""

import hmac

import numpy as np
from numpy.typing import NDArray

from service.vision.face import GreyImage


class KeyedNoise:
    """Standard normal noise from a keyed hash (HMAC-SHA-256, RFC 2104; FIPS 180-4)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def draw(self, crop: GreyImage, dimension: int, context: str) -> NDArray[np.float32]:
        """The noise of one crop.

        Args:
            crop: uint8, shape (H, W).
            dimension: how many values, D.
            context: model, version and level; noise of one context is independent of another's.

        Returns:
            float32, shape (D,), standard normal.
        """
        message = f"{context}|{crop.shape}|".encode() + crop.tobytes()
        seed = int.from_bytes(hmac.digest(self._key, message, "sha256"))
        generator = np.random.Generator(np.random.PCG64(seed))
        return generator.standard_normal(dimension, dtype=np.float32)
