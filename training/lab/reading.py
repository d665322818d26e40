"""Which emotions a filter reads, as it is, or as if all of them were equally likely."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from faceveil.prior import LEAST_SHARE, PriorChoice, with_prior
from training.lab.measurement import EVEN


class Judged(Protocol):
    """A filter that can be judged, whatever computes it."""

    @property
    def codewords(self) -> NDArray[np.float32] | None:
        """(K, D), where one of them, a bounded rest and noise are all that is released."""
        ...

    @property
    def prior(self) -> NDArray[np.float32] | None:
        """(E,), the share of each emotion that its answers expect; none where nobody wrote it."""
        ...

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings without noise: (N, H, W) uint8 to (N, D) float32."""
        ...

    def probabilities(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of emotions, in released embeddings: (N, D) float32 to (N, E)."""
        ...

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """Emotions read in released embeddings: (N, D) float32 to (N,) indices."""
        ...

    def moves_in(self, embedding: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """How faces move, by released embeddings: (N, D) float32 to (N, V); none if unknown."""
        ...


def priors_of(models: Iterable[Judged]) -> tuple[PriorChoice, ...]:
    """Under which priors all of them can answer: even only where each knows what it expects."""
    known = all(model.prior is not None and (model.prior >= LEAST_SHARE).all() for model in models)
    return ("wild", "even") if known else ("wild",)


def emotions_read(
    model: Judged, released: NDArray[np.float32], prior: PriorChoice = "wild"
) -> NDArray[np.int64]:
    """The likeliest emotion of each released embedding, (N, D): (N,) indices."""
    if prior == "wild":
        return model.classify(released)
    assert model.prior is not None
    expected = np.full_like(model.prior, 1 / len(model.prior))
    adjusted = with_prior(model.probabilities(released), model.prior, expected)
    label: NDArray[np.int64] = adjusted.argmax(axis=1)
    return label


def reader(outputs: int, prior: PriorChoice = "wild") -> str:
    """What a filter with so many outputs is called where its emotions are judged."""
    return f"filter ({outputs} outputs)" + (EVEN if prior == "even" else "")
