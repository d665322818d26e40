"""What training makes, in files and while it learns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from faceveil.prior import LEAST_SHARE
from training.data.crop_set import CropSet
from training.filter.bases.base import Base
from training.filter.networks import head
from training.filter.recipe import Recipe
from training.filter.release import (
    Codebook,
    Expressions,
    ReadBack,
    learned_codebook,
    place,
    read_table,
)


@dataclass(slots=True)
class Filter:
    """What training makes: a base and the emotion head on its released embedding.

    Attributes:
        base: from a face to what is released of it without noise.
        emotion_head: from what is released to logits of emotions.
        prior: float32, (E,), the share of each emotion that its answers expect; none where it was
            not written down.
        moves: float32, (K, V), how the faces of each codeword move, see `training.data.moves`; none
            where no such faces were seen. Counted anew of each filter, so in no file of it.
    """

    base: Base | Expressions
    emotion_head: nn.Module
    prior: NDArray[np.float32] | None = None
    moves: NDArray[np.float32] | None = None

    @property
    def codewords(self) -> NDArray[np.float32] | None:
        """(K, D), the standard expressions; none where there is no codebook."""
        if not isinstance(self.base, Expressions):
            return None
        found: NDArray[np.float32] = self.base.codebook.codewords.numpy()
        return found

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings without noise: (N, H, W) uint8 to (N, D) float32."""
        self.base.eval()
        with torch.no_grad():
            parts = [self.base(part) for part in torch.from_numpy(crops).split(64)]
        embedding: NDArray[np.float32] = torch.cat(parts).numpy()
        return embedding

    def probabilities(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of emotions, in released embeddings: (N, D) float32 to (N, E)."""
        found: NDArray[np.float32] = self._logits(embedding).softmax(dim=1).numpy()
        return found

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """Emotions read in released embeddings: (N, D) float32 to (N,) indices."""
        label: NDArray[np.int64] = self._logits(embedding).argmax(dim=1).numpy()
        return label

    def moves_in(self, embedding: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """How faces move, by released embeddings: (N, D) float32 to (N, V); none if unknown."""
        if self.moves is None or not isinstance(self.base, Expressions):
            return None
        moves: NDArray[np.float32] = self.moves[
            self.base.codebook.nearest(torch.from_numpy(embedding)).numpy()
        ]
        return moves

    def _logits(self, embedding: NDArray[np.float32]) -> Tensor:
        self.emotion_head.eval()
        with torch.no_grad():
            logits: Tensor = self.emotion_head(torch.from_numpy(embedding))
        return logits


def new_filter(side: int, classes: int, recipe: Recipe) -> Filter:
    """A filter that has learned nothing yet, without a codebook."""
    base = Base(side, recipe.dimension, recipe.filters, recipe.layers)
    return Filter(base, head(recipe.dimension, classes, (64, 64)))


def with_codebook(plain: Filter, codebook: Codebook) -> Filter:
    """The filter with a codebook behind its emotion head."""
    assert isinstance(plain.base, Base)
    return Filter(Expressions(plain.base, plain.emotion_head, codebook), ReadBack(codebook))


def without_codebook(filter_: Filter) -> Filter:
    """The base and the head that say where a face lies; a filter without a codebook is these."""
    if not isinstance(filter_.base, Expressions):
        return filter_
    return Filter(filter_.base.base, filter_.base.emotion_head)


def with_learned_codebook(
    filter_: Filter,
    data: CropSet,
    chances: NDArray[np.float64],
    recipe: Recipe,
    *,
    classes: int,
    seed: int,
) -> Filter:
    """The filter with a codebook that fits the places of crops as it sees them now.

    Args:
        filter_: that reads emotions; a codebook that it has is left out.
        data: the crops.
        chances: (N,) of each crop to be drawn in training.
        recipe: says how many codewords there are, and how many faces share one.
        classes: how many emotions there are, E.
        seed: of k-means.
    """
    plain = without_codebook(filter_)
    plain.emotion_head.eval()
    with torch.no_grad():
        logits = plain.emotion_head(torch.from_numpy(plain.embed(data.crops)))
    codebook = learned_codebook(
        place(logits).numpy(),
        data.shares(classes),
        chances,
        recipe.codewords,
        recipe.faces_a_codeword,
        seed,
    )
    return with_codebook(plain, codebook)


def count_votes(filter_: Filter, data: CropSet, classes: int) -> None:
    """Fills the table of a filter's codebook: what voters saw in the crops of each codeword.

    Each crop counts once, so that the answers expect emotions as often as the data show them.

    Args:
        filter_: with a codebook; its table and its prior are changed.
        data: what it learned from.
        classes: how many emotions there are, E.
    """
    assert isinstance(filter_.base, Expressions)
    codebook, shares = filter_.base.codebook, data.shares(classes)
    chosen = codebook.nearest(torch.from_numpy(filter_.embed(data.crops))).numpy()
    codebook.table.copy_(read_table(chosen, shares, len(codebook.codewords)))
    filter_.prior = shares.sum(axis=0) / shares.sum()


def expect(filter_: Filter, shares: Sequence[float]) -> None:
    """Makes the answers of a filter with a codebook expect emotions as often as they are met.

    By Bayes' rule, as `faceveil.prior.with_prior` says, and written into the table: so what is
    released stays as it is.

    Args:
        filter_: whose prior is known; its table and its prior are changed.
        shares: (E,) of the emotions, all above 0; their sum is 1.

    Raises:
        ValueError: if an emotion was never shown to it, for which no answer can be corrected.
    """
    assert isinstance(filter_.base, Expressions)
    if filter_.prior is None or filter_.prior.min() < LEAST_SHARE:
        raise ValueError("It was shown no face with some of the emotions.")
    expected = np.asarray(shares, np.float32)
    filter_.base.codebook.table += torch.from_numpy(np.log(expected / filter_.prior))
    filter_.prior = expected


class Learner(nn.Module):
    """A filter while it learns: one pass gives all that the losses need."""

    def __init__(self, filter_: Filter, recipe: Recipe) -> None:
        super().__init__()
        self.base = filter_.base
        self.emotion_head = filter_.emotion_head
        self._mixed_precision = recipe.mixed_precision
        self._temperature = recipe.temperature_of_choice

    def forward(self, faces: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Embeds, adds noise, reads emotions.

        Args:
            faces: (N, H, W) grey levels.
            noise: (N, D), of the size that is released.

        Returns:
            The embedding without noise and with it, (N, D) each, and logits of emotions, (N, E);
            with a codebook those before it, which say where a face lies. What is read after it
            would teach too, and worse: its gradient, large and rough, drowns theirs.
        """
        expressions = self.base if isinstance(self.base, Expressions) else None
        base = expressions.base if expressions else self.base
        with torch.autocast(faces.device.type, torch.bfloat16, enabled=self._mixed_precision):
            embedding: Tensor = base(faces)
        if expressions is None:
            released = embedding + noise
            return embedding, released, self.emotion_head(released)
        logits = expressions.emotion_head(embedding)
        clean = expressions.codebook.straight_through(place(logits), self._temperature)
        return clean, clean + noise, logits
