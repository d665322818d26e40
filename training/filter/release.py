"""The release with a guarantee: one of K standard expressions, a bounded rest, and noise.

A face's place z is the probabilities that the base and its head read in it, on a larger scale.
Released is the codeword nearest to z, plus what is left of z beyond it, clipped to the length R,
plus Gaussian noise. Faces of one codeword differ in the clipped rest alone, so by 2 R at most:
given the codeword this is the Gaussian mechanism with sensitivity 2 R, which is mu-Gaussian
differentially private with mu = 2 R / sigma (Dong, Roth, Su 2022, "Gaussian differential privacy",
theorem 1), whatever the base has learned.

The codewords lie so far apart that the one that was chosen is read back from what is released, even
with the most noise. Emotions are looked up in a table by codeword: noise costs none of them, and
they tell nothing that the released vector does not.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn import functional

from training.filter.bases.base import Base

RADIUS = 0.03125
"""R: most that is released of a face beyond its codeword. The same in every filter, so that a
sigma means the same in all."""

LEVELS: Mapping[str, float] = {"utility": 4.0, "balanced": 1.0, "strict": 0.5}
"""Privacy levels, name to mu."""

SEPARATION = 8.0
"""Least distance between the balls of two codewords' rests, in sigmas of the strictest level. Its
noise then takes a face past the middle between two such neighbours once in 30,000 times."""

SCALE = 10.0
"""Of a place, in which a face that is certainly of one emotion has this distance from zero."""

_SMOOTHING = 1.0
"""Faces that are added to each codeword's, showing what all faces show."""


def sigma_of(mu: float) -> float:
    """The noise's standard deviation in each dimension that gives mu-Gaussian privacy."""
    return 2 * RADIUS / mu


SPACING = 2 * RADIUS + SEPARATION * sigma_of(min(LEVELS.values()))
"""Least distance between two codewords: 1.0625."""


Floats = NDArray[np.float32] | NDArray[np.float64]


class Codebook(nn.Module):
    """K standard expressions, and the emotions that each stands for.

    Attributes:
        codewords: (K, D), at least `SPACING` apart.
        table: (K, E), logarithms of the emotions' probabilities, up to a constant a row.
    """

    codewords: Tensor
    table: Tensor

    def __init__(self, codewords: Tensor, table: Tensor) -> None:
        """Takes both; faces are trained to lie near codewords, which stay where they are.

        Args:
            codewords: (K, D).
            table: (K, E).
        """
        super().__init__()
        self.register_buffer("codewords", codewords.clone())
        self.register_buffer("table", table.clone())

    def nearest(self, vectors: Tensor) -> Tensor:
        """The number of the codeword nearest to each vector: (N, D) to int64 (N,)."""
        return self._nearness(vectors).argmax(dim=1)

    def forward(self, z: Tensor) -> Tensor:
        """What is released of places without noise: (N, D) to (N, D)."""
        codeword = self.codewords[self.nearest(z)]
        return codeword + clipped(z - codeword)

    def read(self, released: Tensor) -> Tensor:
        """Logits of emotions, a function of what was released alone: (N, D) to (N, E)."""
        return self.table[self.nearest(released)]

    def straight_through(self, z: Tensor, temperature: float) -> Tensor:
        """As `forward`, with gradients that go straight through the choice.

        Bengio, Léonard, Courville 2013, "Estimating or propagating gradients through stochastic
        neurons for conditional computation", section 4; the gradient is that of a softmax over the
        codewords (Agustsson et al. 2017, "Soft-to-hard vector quantization", section 3.2).

        Args:
            z: (N, D).
            temperature: of that softmax over squared distances.

        Returns:
            What is released without noise, (N, D).
        """
        nearness = self._nearness(z)
        soft = functional.softmax(2 * nearness / temperature, dim=1)
        hard = functional.one_hot(nearness.argmax(dim=1), len(self.codewords)).to(soft.dtype)
        choice = hard + soft - soft.detach()  # (N, K)
        codeword = choice @ self.codewords
        return codeword + clipped(z - codeword)

    def _nearness(self, vectors: Tensor) -> Tensor:
        """Minus half the squared distance to each codeword, up to a constant a row: (N, K)."""
        return vectors @ self.codewords.T - self.codewords.square().sum(dim=1) / 2


def place(logits: Tensor) -> Tensor:
    """Where faces lie in which a head reads such emotions: (N, E) to z, (N, D), D being E."""
    return SCALE * functional.softmax(logits, dim=1)


def clipped(rest: Tensor) -> Tensor:
    """The rows, shortened to the length `RADIUS` where they are longer: (N, D) to (N, D)."""
    length = rest.square().sum(dim=1, keepdim=True).clamp(min=RADIUS**2).sqrt()
    return rest * (RADIUS / length)


class Expressions(nn.Module):
    """A base, its emotion head, and a codebook: from a face to what is released without noise.

    Attributes:
        dimension: of what is released, D: one for each emotion.
    """

    def __init__(self, base: Base, emotion_head: nn.Module, codebook: Codebook) -> None:
        super().__init__()
        self.base = base
        self.emotion_head = emotion_head
        self.codebook = codebook
        self.dimension = codebook.codewords.shape[1]

    def forward(self, face: Tensor) -> Tensor:
        """(N, H, W) grey levels to (N, D)."""
        released: Tensor = self.codebook(place(self.emotion_head(self.base(face))))
        return released


class ReadBack(nn.Module):
    """The emotion head of a filter with a codebook: looks up what was released."""

    def __init__(self, codebook: Codebook) -> None:
        super().__init__()
        self.codebook = codebook

    def forward(self, released: Tensor) -> Tensor:
        """(N, D) to logits, (N, E)."""
        return self.codebook.read(released)


def learned_codebook(
    places: NDArray[np.float32],
    shares: NDArray[np.float32],
    weights: NDArray[np.float64],
    codewords: int,
    least: int,
    seed: int,
) -> Codebook:
    """A codebook for faces at such places.

    Codewords are the means that k-means finds, so that as little as can be is lost of the squared
    distances between what voters saw. Two that would lie too close become one, and one that too few
    faces share is left out.

    Args:
        places: (N, D).
        shares: (N, E) of the voters; a row of zeros where nobody voted.
        weights: (N,) of each face, for the means and for the table.
        codewords: how many there are at most, K.
        least: faces that share a codeword, at least.
        seed: of k-means.
    """
    count = min(codewords, len(places))
    found = KMeans(count, n_init=4, random_state=seed).fit(places, sample_weight=weights)
    mass = np.bincount(found.labels_, weights, minlength=count).astype(np.float64)
    centres = torch.tensor(_apart(found.cluster_centers_, mass), dtype=torch.float32)
    while True:
        codebook = Codebook(centres, torch.zeros(len(centres), shares.shape[1]))
        chosen = codebook.nearest(torch.from_numpy(places)).numpy()
        sharing = np.bincount(chosen, minlength=len(centres))
        if len(centres) == 1 or sharing.min() >= least:
            counted = shares * (weights / weights.mean())[:, None]
            return Codebook(centres, read_table(chosen, counted, len(centres)))
        centres = centres[np.arange(len(centres)) != sharing.argmin()]


def people_of_each(
    chosen: NDArray[np.int64], subject: NDArray[np.int64], codewords: int
) -> NDArray[np.int64]:
    """How many people share each codeword: (K,), by the faces that are known.

    Sweeney 2002, "k-anonymity: a model for protecting privacy": who knows nothing of a face but its
    codeword cannot tell these people apart.

    Args:
        chosen: (N,) numbers of the faces' codewords.
        subject: (N,) numbers of people, negative where nobody knows: each such face counts as a
            person of its own.
        codewords: K.
    """
    person = np.where(subject < 0, -1 - np.arange(len(subject)), subject)
    pairs = np.unique(np.stack([chosen, person]), axis=1)
    return np.bincount(pairs[0], minlength=codewords)


def read_table(chosen: NDArray[np.int64], shares: Floats, codewords: int) -> Tensor:
    """What voters saw in the faces of each codeword: the table of a codebook, (K, E).

    Args:
        chosen: (N,) numbers of codewords.
        shares: (N, E); a row of zeros where nobody voted.
        codewords: K.
    """
    sums = np.zeros((codewords, shares.shape[1]))
    np.add.at(sums, chosen, shares)
    everyone = shares.sum(axis=0) + 1.0  # an emotion that nobody saw is rare, not impossible
    sums += _SMOOTHING * everyone / everyone.sum()
    return torch.tensor(np.log(sums / sums.sum(axis=1, keepdims=True)), dtype=torch.float32)


def _apart(centres: NDArray[np.float64], mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """The centres; while two lie closer than `SPACING`, their mean in place of the closest two."""
    while len(centres) > 1:
        distance = np.linalg.norm(centres[:, None] - centres[None], axis=2)
        np.fill_diagonal(distance, np.inf)
        one, other = np.unravel_index(distance.argmin(), distance.shape)
        if distance[one, other] >= SPACING:
            break
        pair = [int(one), int(other)]
        weight = mass[pair] / mass[pair].sum()
        centres = np.vstack([np.delete(centres, pair, axis=0), weight @ centres[pair]])
        mass = np.append(np.delete(mass, pair), mass[pair].sum())
    return centres
