"""What each standard expression says of how a face moves: a second table beside the emotions'.

It is looked up by the codeword that is read back from what was released, as the emotion is, so it
tells nothing that the released vector does not.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.data.crop_set import CropSet
from training.filter.model import Filter
from training.filter.release import Codebook, Expressions

_SMOOTHING = 10.0
"""Faces that are added to each codeword's, moving as its emotions do."""

_DIGITS = 4
"""After the point; more is not known."""


class Moves(nn.Module):
    """Looks up how the faces of a codeword move."""

    table: Tensor

    def __init__(self, codebook: Codebook, table: NDArray[np.float32]) -> None:
        """Takes both.

        Args:
            codebook: with K codewords.
            table: (K, V).
        """
        super().__init__()
        self.codebook = codebook
        self.register_buffer("table", torch.from_numpy(table))

    def forward(self, released: Tensor) -> Tensor:
        """A function of what was released alone: (N, D) to (N, V)."""
        return self.table[self.codebook.nearest(released)]


def moves_of(filter_: Filter) -> Moves | None:
    """What looks up a filter's moves; none where it knows none."""
    if filter_.moves is None:
        return None
    assert isinstance(filter_.base, Expressions)
    return Moves(filter_.base.codebook, filter_.moves)


def count_moves(filter_: Filter, data: CropSet) -> None:
    """Fills a filter's table of moves from the crops of which they are known.

    Nothing is trained. A filter without a codebook gets none, nor does one where none are known.

    Args:
        filter_: that has learned; its moves are changed.
        data: what it learned from.
    """
    known = data.take(data.moving)
    if not isinstance(filter_.base, Expressions) or not len(known):
        return
    codebook = filter_.base.codebook
    chosen = codebook.nearest(torch.from_numpy(filter_.embed(known.crops))).numpy()
    emotions = functional.softmax(codebook.table, dim=1).numpy().astype(np.float64)
    filter_.moves = moves_table(chosen, known.emotion, known.moves, emotions)


def moves_table(
    chosen: NDArray[np.int64],
    emotion: NDArray[np.int64],
    moves: NDArray[np.float32],
    emotions: NDArray[np.float64],
) -> NDArray[np.float32]:
    """How the faces of each codeword move on average: (K, V).

    Where a codeword has few of them, what its emotions show on average counts more.

    Args:
        chosen: (N,) numbers of codewords.
        emotion: (N,) indices of emotions, negative where it is not known.
        moves: (N, V).
        emotions: (K, E) probabilities of emotions of each codeword.
    """
    usual = emotions @ means_of(emotion, moves, emotions.shape[1])
    return _means(chosen, moves, usual, _SMOOTHING).round(_DIGITS).astype(np.float32)


def means_of(
    emotion: NDArray[np.int64], moves: NDArray[np.float32], classes: int
) -> NDArray[np.float64]:
    """How faces of each emotion move on average: (E, V); of one that none show, as all do.

    Args:
        emotion: (N,) indices of emotions, negative where it is not known.
        moves: (N, V).
        classes: how many emotions there are, E.
    """
    labelled = emotion >= 0
    usual = np.tile(moves.mean(axis=0, dtype=np.float64), (classes, 1))
    return _means(emotion[labelled], moves[labelled], usual, 1.0)


def _means(
    kind: NDArray[np.int64], rows: NDArray[np.float32], usual: NDArray[np.float64], weight: float
) -> NDArray[np.float64]:
    """The mean row of each kind, among which its usual row, of (kinds, V), counts as so many."""
    sums = weight * usual
    np.add.at(sums, kind, rows)
    means: NDArray[np.float64] = sums / (np.bincount(kind, minlength=len(usual)) + weight)[:, None]
    return means
