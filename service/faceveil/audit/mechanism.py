"""Do embeddings lie where the model's mechanism puts them? Whose they are is not needed to tell.

Of faces that tell nobody apart no attacker gets above a bound, not even where their noise was taken
off. But without it they lie nearer to their codewords than noise lets them, and embeddings of
another model or level lie further away.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import binom, chi2, ncx2

from faceveil.audit.arrays import Floats
from faceveil.guarantee import MISREAD, Promise, beyond

RARE = 1e-3
"""Chance, at most, of an embedding to lie so near, or so far, that it is counted."""

CLEARLY = 0.001
"""Level, over all four tests, from which what is off is no luck."""


def misfits(embedding: Floats, promise: Promise) -> list[str]:
    """Sentences on embeddings that the mechanism does not release; [] where all may be its own.

    The squared length of what lies beyond a codeword, in units of sigma squared, has a noncentral
    chi-squared distribution, with (|rest| / sigma)^2 between 0 and (radius / sigma)^2: so it is
    smallest without a rest, and largest with the longest one. Tested are the sum of all, and how
    many are rare, on both sides.

    Args:
        embedding: (N, D), each with noise of its own.
        promise: of their model and level.
    """
    rows, dimension = embedding.shape
    if not rows:
        return []
    square = (beyond(embedding, promise.codewords) ** 2).sum(axis=1)
    near, far = square / promise.sigma**2, square / promise.widest**2
    longest = (promise.radius / promise.widest) ** 2
    below = chi2.cdf(near, dimension) < RARE
    above = ncx2.sf(far, dimension, longest) < RARE
    said = []
    if _few(
        chi2.cdf(near.sum(), rows * dimension),
        binom.sf(below.sum() - 1, rows, RARE + MISREAD),
    ):
        said.append(
            "The embeddings lie nearer to the standard expressions than noise of the level lets "
            f"them: {int(below.sum())} of {rows} so near as 1 in 1,000 may, and all together at "
            f"{near.mean() / dimension:.0%} of the least mean square. Something is broken: the "
            "noise key has leaked, or the noise was left out or taken off."
        )
    if _few(
        ncx2.sf(far.sum(), rows * dimension, rows * longest),
        binom.sf(above.sum() - 1, rows, RARE),
    ):
        most = dimension + longest
        said.append(
            "The embeddings lie further from the standard expressions than the guarantee lets "
            f"them: {int(above.sum())} of {rows} so far as 1 in 1,000 may, and all together at "
            f"{far.mean() / most:.0%} of the most mean square. These are not, or not all, "
            "embeddings of the model and the level that is said."
        )
    return said


def _few(*chances: float) -> bool:
    return bool(np.min(chances) * 4 < CLEARLY)
