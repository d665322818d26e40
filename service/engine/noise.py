"""The noise that is added to embeddings: secret, and the same for the same image.

Noise drawn anew at each request could be averaged away by asking often. Here it is a function of
a secret key, the model, the level and the crop: asking again for the same crop tells nothing new.
Another picture of the person gets other noise, so that many pictures of one person do average.
"""

import contextlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.vision.face import GreyImage

KEY_BYTES = 32


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


def load_or_make_key(path: Path) -> bytes:
    """Reads the key file; at the first start, makes it, readable by its owner only.

    Raises:
        OSError: if the folder or file cannot be read or written.
        ValueError: if the file holds no key of ours.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} does not hold {KEY_BYTES} bytes in hexadecimal")
    return key


def _make_key(path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent) as draft:  # mode 600
        draft.write(secrets.token_hex(KEY_BYTES).encode() + b"\n")
        draft.flush()
        # Of two processes that start at once, one links its whole key and both read that one.
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, path)
