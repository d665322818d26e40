"""How embeddings are written in answers."""

import base64
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from faceveil.engine.job import shortest


class EmbeddingFormat(StrEnum):
    """How an embedding is written."""

    float = "float"
    base64 = "base64"


def written(
    embedding: NDArray[np.float32] | list[float], wanted: EmbeddingFormat
) -> list[float] | str:
    """An embedding, float32 of shape (D,) or such numbers by `shortest`, as it is answered."""
    if wanted is EmbeddingFormat.base64:
        return base64.b64encode(np.asarray(embedding, "<f4").tobytes()).decode()
    return embedding if isinstance(embedding, list) else shortest(embedding)
