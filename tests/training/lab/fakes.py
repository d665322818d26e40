"""A filter that answers what it is told to."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Told:
    """Embeds each crop as the row whose number its first pixel holds.

    Attributes:
        embedding: float32, (N, D).
        answers: (E, D): an embedding's dot products with its rows are probabilities.
        prior: float32, (E,), or none.
        codewords: float32, (K, D), or none.
        moves: float32, (D, V): an embedding's products with its columns are moves; or none.
    """

    embedding: np.ndarray
    answers: np.ndarray
    prior: np.ndarray | None = None
    codewords: np.ndarray | None = None
    moves: np.ndarray | None = None

    def embed(self, crops: np.ndarray) -> np.ndarray:
        return np.asarray(self.embedding[crops[:, 0, 0]], np.float32)

    def probabilities(self, embedding: np.ndarray) -> np.ndarray:
        return np.asarray(embedding @ self.answers.T.astype(np.float32))

    def classify(self, embedding: np.ndarray) -> np.ndarray:
        return np.asarray(self.probabilities(embedding).argmax(axis=1))

    def moves_in(self, embedding: np.ndarray) -> np.ndarray | None:
        return None if self.moves is None else np.asarray(embedding @ self.moves)


def numbered(count: int) -> np.ndarray:
    """Crops that hold their number: uint8, (N, 2, 2)."""
    return np.tile(np.arange(count, dtype=np.uint8)[:, None, None], (1, 2, 2))
