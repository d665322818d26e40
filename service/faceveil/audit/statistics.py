"""What a sample can tell from chance, and how sure the maximum over attackers is."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta, binom

from faceveil.audit.arrays import Floats, Ints
from faceveil.rate import LEVEL

ALPHA = (1 - LEVEL) / 2
"""Level of the one-sided test against chance: what the low end of a two-sided interval tests at."""

POWER = 0.8
"""With which probability `detectable_from` would have been detected."""


def critical_count(total: int, chance: float, alpha: float = ALPHA) -> int:
    """Smallest number of successes that chance alone reaches with probability at most `alpha`.

    Returns:
        An integer in [0, total + 1]; `total + 1` where no number of successes would do.
    """
    return int(binom.isf(alpha, total, chance)) + 1


def detectable_from(total: int, critical: int, power: float = POWER) -> float:
    """Smallest true rate that reaches `critical` successes of `total` with probability `power`.

    The number of successes at rate p is binomial, and P(X >= c) is the regularised incomplete beta
    function I_p(c, n - c + 1), so the rate sought is a Beta quantile.

    Returns:
        A rate in [0, 1]; 1.0 where no rate would be detected.
    """
    if critical > total:
        return 1.0
    if critical <= 0:
        return 0.0
    return float(beta.ppf(power, critical, total - critical + 1))


def cluster_bootstrap_of_maximum(
    credit: Floats, cluster: Ints, rng: np.random.Generator, resamples: int = 1000
) -> Floats:
    """Bootstrap distribution of the best attacker's rate, resampling whole subjects.

    Rows of one subject are alike, so subjects are what is drawn again (Davison, Hinkley,
    "Bootstrap methods and their application", 1997, section 3.8); the maximum over attackers is
    taken anew in every resample.

    Args:
        credit: (A, N) what each of A attackers earned on each of N probes, in [0, 1].
        cluster: (N,) the subject of each probe.
        rng: source of the resamples.
        resamples: how many.

    Returns:
        (resamples,) rates in [0, 1].
    """
    members, codes = np.unique(cluster, return_inverse=True)
    earned = np.stack([np.bincount(codes, row, len(members)) for row in credit])  # (A, K)
    size = np.bincount(codes, minlength=len(members))  # (K,)
    times = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), resamples)
    rates: Floats = (times @ earned.T / (times @ size)[:, None]).max(axis=1)
    return rates
