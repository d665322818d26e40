"""Embeddings whose best possible re-identification rate is known in closed form."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

from faceveil.audit.features import Features


def simplex(people: int, dimensions: int, distance: float) -> np.ndarray:
    """(K, D) centres, each as far from each other one as `distance`."""
    centres = np.zeros((people, dimensions))
    centres[:, :people] = np.eye(people) * distance / np.sqrt(2)
    return centres


def optimal_rate(people: int, distance: float) -> float:
    """Rate of the best attacker of equidistant unit Gaussians.

    The nearest centre is the likeliest. In the simplex's coordinates the true person's score
    exceeds all K - 1 others' where its own noise does: the integral of
    phi(z - a) Phi(z)^(K - 1) with a = distance / sqrt(2), as for K orthogonal signals (Proakis,
    "Digital communications", 4.4).
    """
    shift = distance / np.sqrt(2)

    def density(z: float) -> float:
        return float(norm.pdf(z - shift) * norm.cdf(z) ** (people - 1))

    return float(quad(density, -10, 10 + shift)[0])


def clusters(people: int, samples: int, distance: float, seed: int) -> Features:
    """`samples` embeddings of each of `people` people, `distance` apart, with unit noise."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(people), samples)
    noise = rng.normal(size=(len(subject), 8))
    return Features.of(simplex(people, 8, distance)[subject] + noise, subject)
