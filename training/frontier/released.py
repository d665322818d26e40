"""What may be released of trained filters: other things than one filter's embedding, tried out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.algorithm import Filter
from training.data.crops import CropSet

STEP = 1.0
"""Of the rounding, in standard deviations of a dimension."""

_NO_LESS = 1e-6
"""Share of the largest value: below it a direction is one of rounding errors."""


@dataclass(frozen=True, slots=True)
class Rounded:
    """An embedding of which each value is rounded to a multiple of `STEP` before noise is added.

    Quantisation as a defence: it helps if people of one mood differ by little, beside a step.
    """

    filter: Filter

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W) uint8 to (N, D) float32."""
        rounded: NDArray[np.float32] = np.round(self.filter.embed(crops) / STEP) * np.float32(STEP)
        return rounded

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """(N, D) float32 to (N,) indices."""
        return self.filter.classify(embedding)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The embeddings of several filters side by side; the mean of their heads reads the emotion."""

    filters: Sequence[Filter]

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W) uint8 to (N, filters x D) float32."""
        return np.hstack([one.embed(crops) for one in self.filters])

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """(N, filters x D) float32 to (N,) indices."""
        parts = torch.from_numpy(embedding).chunk(len(self.filters), dim=1)
        with torch.no_grad():
            said = [
                functional.log_softmax(one.emotion_head.eval()(part), dim=1)
                for one, part in zip(self.filters, parts, strict=True)
            ]
        label: NDArray[np.int64] = torch.stack(said).mean(dim=0).argmax(dim=1).numpy()
        return label


@dataclass(frozen=True, slots=True)
class Erased:
    """An embedding out of which the people are projected, as far as a line can tell them.

    Cross-fitted: the projection is computed on images that the filter did not learn from, for those
    that it learned from lie elsewhere.

    Attributes:
        filter: whose embedding it is.
        mean: float64, (D,), of embeddings.
        projection: float64, (D, D); what it keeps of a row's distance from the mean is released.
    """

    filter: Filter
    mean: NDArray[np.float64]
    projection: NDArray[np.float64]

    @classmethod
    def fit(cls, filter_: Filter, held_back: CropSet) -> "Erased":
        """Fits the projection: of all those after which no line tells the people, the nearest one.

        Belrose, Schneider-Joseph, Ravfogel, Cotterell, Raff, Biderman 2023, "LEACE: perfect linear
        concept erasure in closed form", theorem 4.3.

        Args:
            filter_: not trained on these images.
            held_back: everybody named.
        """
        seen = filter_.embed(held_back.crops).astype(np.float64)
        mean = seen.mean(axis=0)
        centred = seen - mean
        size, axes = np.linalg.eigh(centred.T @ centred / len(seen))
        size = np.maximum(size, size.max() * _NO_LESS)
        whitened = axes * size**-0.5 @ axes.T
        person = np.unique(held_back.subject, return_inverse=True)[1]
        whom = np.eye(person.max() + 1)[person]
        towards = whitened @ centred.T @ (whom - whom.mean(axis=0)) / len(seen)
        left, strength, _ = np.linalg.svd(towards, full_matrices=False)
        told = left[:, strength > strength.max() * _NO_LESS]
        unwhitened = axes * size**0.5 @ axes.T
        projection = np.eye(len(mean)) - unwhitened @ told @ told.T @ whitened
        return cls(filter_, mean, projection)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W) uint8 to (N, D) float32, fewer of the D directions in use."""
        distance = self.filter.embed(crops) - self.mean
        erased: NDArray[np.float32] = (self.mean + distance @ self.projection.T).astype(np.float32)
        return erased

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """(N, D) float32 to (N,) indices."""
        return self.filter.classify(embedding)
