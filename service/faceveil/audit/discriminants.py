"""Linear discriminants of people who are equally likely, for one shrinkage after another.

A covariance shrunk towards a multiple of the identity keeps its eigenvectors, whatever the
shrinkage: one decomposition serves all. What comes out is that of scikit-learn's
`LinearDiscriminantAnalysis(solver="lsqr", shrinkage=..., priors=...)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from faceveil.audit.arrays import Floats, Ints


@dataclass(frozen=True)
class Scatter:
    """How people lie to each other, and how their embeddings spread around their means.

    Attributes:
        people: (K,) codes, sorted.
        means: (K, D) of each person, in the directions of `vectors`.
        values: (D,) variance within a person, people weighing equally, along each of `vectors`.
        vectors: (D, D) directions, one a column.
    """

    people: Ints
    means: Floats
    values: Floats
    vectors: Floats

    @classmethod
    def of(cls, embedding: Floats, subject: Ints) -> Scatter:
        """Of (G, D) embeddings and the (G,) codes of whose they are."""
        people, code, count = np.unique(subject, return_inverse=True, return_counts=True)
        starts = np.cumsum(count) - count
        ordered = embedding[np.argsort(code, kind="stable")]
        means = np.add.reduceat(ordered, starts, axis=0) / count[:, None]
        apart = (embedding - means[code]) / np.sqrt(len(people) * count[code])[:, None]
        values, vectors = np.linalg.eigh(apart.T @ apart)
        return cls(people, means @ vectors, values.clip(min=0), vectors)

    def shrunk(self, shrinkage: float) -> Discriminants:
        """The discriminants under a covariance with so large a share, in [0, 1], of a sphere.

        Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices"
        (2004): (1 - s) S + s tr(S) / D I.
        """
        spread = (1 - shrinkage) * self.values + shrinkage * self.values.mean()
        # Where nothing spreads at all, nothing can be weighed either, and all answers are alike.
        weighed = np.divide(self.means, spread, out=np.zeros_like(self.means), where=spread > 0)
        return Discriminants(
            classes_=self.people,
            weights=self.vectors @ weighed.T,
            offsets=-(self.means * weighed).sum(axis=1) / 2,
        )


@dataclass(frozen=True)
class Discriminants:
    """Fitted, and asked as a classifier of scikit-learn is.

    Attributes:
        classes_: (K,) codes of people, sorted.
        weights: (D, K).
        offsets: (K,).
    """

    classes_: Ints
    weights: Floats
    offsets: Floats

    def predict_proba(self, embedding: Floats) -> Floats:
        """(P, K) probabilities for (P, D) embeddings."""
        shares: Floats = softmax(embedding @ self.weights + self.offsets, axis=1)
        return shares
