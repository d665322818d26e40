"""Which embeddings of a face that is seen in many frames are released: docs/streams.md says why.

Each frame's embedding has noise of its own, so n of them released would count as n pictures of the
person: their mean has noise of sigma / sqrt(n). With one noise for all of them it would be worse:
the difference of two would have none. So of each standard expression that a face shows, one
embedding is released, the first, and of all together not more than are allowed. The mood of every
frame is: it tells the standard expression, which is what an embedding says openly.

A model without a guarantee has no standard expressions; there the label stands in, and nothing is
proved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from faceveil.guarantee import Bounds, Guarantee, nearest


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a stream's embeddings are released.

    Attributes:
        guarantee: of the model; None for models without one.
        sigma: of the noise.
        most: embeddings of a face.
    """

    guarantee: Guarantee | None
    sigma: float
    most: int

    def bounds(self, released: int) -> Bounds | None:
        """What is proved after so many releases; None where nothing is, or nothing was released.

        Dong, Roth, Su 2022, corollary 2: n Gaussian mechanisms are one with sigma / sqrt(n).
        """
        if self.guarantee is None or not released:
            return None
        return Bounds.of(self.guarantee.radius, self.sigma / sqrt(released))

    def expression(self, embedding: Sequence[float], label: int) -> int:
        """What an embedding is of: its standard expression, or else the label read in it."""
        if self.guarantee is None:
            return label
        return int(nearest(np.array([embedding]), self.guarantee.codewords)[0])


class Releases:
    """What was released of one face."""

    def __init__(self, terms: Terms) -> None:
        """Begins with nothing released."""
        self._terms = terms
        self._shown: set[int] = set()

    @property
    def count(self) -> int:
        """Embeddings released so far."""
        return len(self._shown)

    def may_go(self, embedding: Sequence[float], label: int) -> bool:
        """Whether this embedding is released; if so, it counts.

        Args:
            embedding: D values, noise included.
            label: the most probable one of its frame.
        """
        expression = self._terms.expression(embedding, label)
        if expression in self._shown or self.count >= self._terms.most:
            return False
        self._shown.add(expression)
        return True
