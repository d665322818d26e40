"""A measured figure is a median and how far its repeats lie apart: one value."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over repeats.

    Attributes:
        median: of the repeats.
        low: the least of them.
        high: the most of them.
        repeats: how many there were.
    """

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Sums up repeats of one measurement.

        Raises:
            ValueError: if there are none.
        """
        repeats = sorted(values)
        if not repeats:
            raise ValueError("no repeat, no figure")
        return cls(statistics.median(repeats), repeats[0], repeats[-1], len(repeats))

    def shown(self, digits: int = 2) -> str:
        """As it stands in a table: the median, and in brackets the least and the most."""
        whole = f"{self.median:.{digits}f}"
        if self.repeats == 1:
            return whole
        return f"{whole} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Our figure over theirs, repeat by repeat: what was measured side by side is compared.

    Raises:
        ValueError: if the repeats are not as many, or none.
    """
    return Spread.of(mine / other for mine, other in zip(ours, theirs, strict=True))


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; 0 where there are none."""
    if not values:
        return 0.0
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
