"""The noise that is added to embeddings: secret, and the same for the same image.

Noise drawn anew at each request could be averaged away by asking often. Here it is a function of
a secret key, the model, the level and the crop: asking again for the same crop tells nothing new.
Another picture of the person, be it this one with a pixel changed, gets other noise: whoever may
ask often, about pictures that they alter, does average. A key's rate is the brake on that.

A request may choose its level, so the levels' noises are nested: what a stricter level releases is
what the next looser one does, and more noise. Whoever asks for several learns what the loosest of
them tells, and nothing more; with independent noises they would average, with one noise in two
sizes it could be solved for.
"""

import hmac
from collections.abc import Mapping

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

    def draw_nested(
        self, crop: GreyImage, dimension: int, context: str, levels: Mapping[str, float], level: str
    ) -> NDArray[np.float32]:
        """The noise of one crop at one of several levels.

        Times sigma it is a sum of independent parts, one a level up to this one; a part has the
        variance that its level adds to the next looser one.

        Args:
            crop: uint8, shape (H, W).
            dimension: how many values, D.
            context: model and version.
            levels: sigma of each.
            level: one of them.

        Returns:
            float32, shape (D,), standard normal.
        """
        total = np.zeros(dimension, np.float32)
        before, sigma = 0.0, levels[level]
        for name in sorted(levels, key=lambda name: (levels[name], name)):
            own = levels[name]
            if before < own <= sigma:
                part = self.draw(crop, dimension, f"{context}/{name}")
                total += np.float32(np.sqrt(own**2 - before**2) / sigma) * part
                before = own
        return total
