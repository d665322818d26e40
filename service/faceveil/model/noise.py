"""The noise that is added to embeddings: secret, and the same for the same image.

Noise drawn anew at each request could be averaged away by asking often. Here it is a function of
a secret key, the model, the level, the tenant and the crop: asking again for the same crop tells
nothing new. Another picture of the person, be it this one with a pixel changed, gets other noise:
whoever may ask often, about pictures that they alter, does average. A key's rate is the brake on
that. Another tenant gets other noise too, or it could tell stored embeddings by sending pictures.

A request may choose its level, so the levels' noises are nested: what a stricter level releases is
what the next looser one does, and more noise. Whoever asks for several learns what the loosest of
them tells, and nothing more; with independent noises they would average, with one noise in two
sizes it could be solved for.

The server draws it. Whoever reads pictures knows a crop, whose digest it sends, and never the key.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from faceveil.model.card import Card
from faceveil.vision.face import GreyImage

DIGEST_BYTES = 32

Noise = Callable[[Sequence[bytes], str], NDArray[np.float32]]
"""Of crops' digests and a level to float32, shape (N, D), standard normal."""


def digest_of(crop: GreyImage) -> bytes:
    """What a crop is known by: SHA-256 (FIPS 180-4) of its shape and its grey levels.

    Args:
        crop: uint8, shape (H, W).
    """
    return hashlib.sha256(f"{crop.shape}|".encode() + crop.tobytes()).digest()


class KeyedNoise:
    """Standard normal noise from a keyed hash (HMAC-SHA-256, RFC 2104; FIPS 180-4)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def draw(
        self,
        digest: bytes,
        dimension: int,
        context: str,
        tenant: str,
        *,
        cryptographic: bool = False,
    ) -> NDArray[np.float32]:
        """The noise of one crop.

        Args:
            digest: of the crop, by `digest_of`.
            dimension: how many values, D.
            context: model, version and level; noise of one context is independent of another's.
            tenant: who gets it; so is noise of one tenant.
            cryptographic: whether the keyed hash is stretched by another hash, as a proof against
                everybody needs it; or by a generator that is only statistically random, by which
                models without a guarantee were always served.

        Returns:
            float32, shape (D,), standard normal.
        """
        # A context is of a card, without zero bytes, and a digest has one length: no other context,
        # tenant and digest make the same message.
        message = b"\0".join([context.encode(), tenant.encode(), digest])
        seed = hmac.digest(self._key, message, "sha256")
        return (_stretched if cryptographic else _generated)(seed, dimension)


def _generated(seed: bytes, dimension: int) -> NDArray[np.float32]:
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(seed)))
    return generator.standard_normal(dimension, dtype=np.float32)


def _stretched(seed: bytes, dimension: int) -> NDArray[np.float32]:
    """Normal values by SHAKE-256 (FIPS 202): each of two uniform ones of 53 bits.

    Box, Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29 (1958).
    """
    bits = np.frombuffer(hashlib.shake_256(seed).digest(16 * dimension), "<u8") >> np.uint64(11)
    radius, angle = (bits.reshape(2, dimension) + 0.5) / 2.0**53
    normal = np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
    return np.asarray(normal, np.float32)


class ModelNoise:
    """The noise of one model's embeddings, at each of its levels."""

    def __init__(self, keyed: KeyedNoise, card: Card) -> None:
        """Takes where noise comes from, and the model that it is for."""
        self._keyed = keyed
        self._dimension = card.dimension
        self._proved = card.guarantee is not None
        own = f"{card.name}/{card.version}"
        # What is proved is proved of independent noise: of two embeddings with the same one, the
        # difference has none at all.
        self._context = own if self._proved else card.noise_of or own
        self._sigmas = {name: level.sigma for name, level in card.levels.items()}

    def draw(self, digests: Sequence[bytes], level: str, tenant: str = "") -> NDArray[np.float32]:
        """The noise of crops at one of the model's levels.

        Times sigma it is a sum of independent parts, one a level up to this one; a part has the
        variance that its level adds to the next looser one.

        Args:
            digests: of the crops, by `digest_of`.
            level: one of the card's.
            tenant: who gets the embeddings.

        Returns:
            float32, shape (N, D), standard normal.
        """
        noise = [self._drawn(digest, level, tenant) for digest in digests]
        return np.array(noise, np.float32).reshape(len(digests), self._dimension)

    def _drawn(self, digest: bytes, level: str, tenant: str) -> NDArray[np.float32]:
        total = np.zeros(self._dimension, np.float32)
        before, sigma = 0.0, self._sigmas[level]
        for name in sorted(self._sigmas, key=lambda name: (self._sigmas[name], name)):
            own = self._sigmas[name]
            if before < own <= sigma:
                context = f"{self._context}/{name}"
                part = self._keyed.draw(
                    digest, self._dimension, context, tenant, cryptographic=self._proved
                )
                total += np.float32(np.sqrt(own**2 - before**2) / sigma) * part
                before = own
        return total
