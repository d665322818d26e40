"""A measured figure and its confidence interval: one value, for a rate alone proves nothing."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

LEVEL = 0.95
"""Confidence level of every two-sided interval."""


class Rate(BaseModel):
    """A success rate with its Clopper-Pearson interval.

    Attributes:
        rate: `correct / total`, in [0, 1].
        low: lower end of the interval, in [0, 1].
        high: upper end of the interval, in [0, 1].
        correct: successes.
        total: trials.
        level: confidence level of the interval.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    correct: int = Field(ge=0)
    total: int = Field(ge=1)
    level: float = Field(LEVEL, gt=0, lt=1)

    @classmethod
    def of(cls, correct: int, total: int, level: float = LEVEL) -> Self:
        """Exact interval of a binomial proportion; needs scipy (the extra `audit`).

        Clopper, Pearson, "The use of confidence or fiducial limits illustrated in the case of the
        binomial", Biometrika 26 (1934); the ends are quantiles of Beta distributions.

        Raises:
            ValueError: unless `0 <= correct <= total` and `total >= 1`.
        """
        from scipy.stats import beta  # the server reads rates from cards and computes none

        if not 0 <= correct <= total or total < 1:
            raise ValueError(f"{correct} successes of {total} trials is no rate")
        tail = (1 - level) / 2
        low = 0.0 if correct == 0 else float(beta.ppf(tail, correct, total - correct + 1))
        high = 1.0 if correct == total else float(beta.ppf(1 - tail, correct + 1, total - correct))
        return cls(
            rate=correct / total, low=low, high=high, correct=correct, total=total, level=level
        )

    def __str__(self) -> str:
        return f"{self.rate:.1%} [{self.low:.1%}, {self.high:.1%}]"


class Estimate(BaseModel):
    """A figure that is no share of trials, with its interval.

    Attributes:
        value: the figure.
        low: lower end of the interval.
        high: upper end of the interval.
        level: confidence level of the interval.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float = Field(allow_inf_nan=False)
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    level: float = Field(LEVEL, gt=0, lt=1)

    @classmethod
    def of(cls, value: float, resampled: NDArray[np.float64]) -> Self:
        """With the percentile interval of resampling.

        Efron, Tibshirani 1993, "An introduction to the bootstrap", section 13.3.

        Args:
            value: the figure.
            resampled: (B,) what it is in samples that were drawn again.
        """
        low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return cls(value=value, low=low, high=high)

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"
