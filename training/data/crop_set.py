"""The crops of a data set, with what is known of each; sets join."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.data.report import Report, sum_of

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class CropSet:
    """The crops of one set, or of several joined.

    Attributes:
        crops: uint8, shape (N, H, W).
        emotion: int64, shape (N,), index into `EMOTIONS`, or UNKNOWN.
        subject: int64, shape (N,), number of the person, or UNKNOWN.
        source: int64, shape (N,), number of the set it came from.
        group: int64, shape (N,), from 0; rows of one number are near copies or of one subject's one
            session, and no fold may separate them. Each row alone where it is not given.
        report: what became of the pictures that the rows came from.
    """

    crops: NDArray[np.uint8]
    emotion: NDArray[np.int64]
    subject: NDArray[np.int64]
    source: NDArray[np.int64]
    group: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        """Puts each row into a group of its own if no groups are given.

        Raises:
            ValueError: if the arrays differ in length.
        """
        if not self.group.size:
            object.__setattr__(self, "group", np.arange(len(self.crops)))
        columns = (self.emotion, self.subject, self.source, self.group)
        if any(column.shape != (len(self.crops),) for column in columns):
            raise ValueError("a crop set needs a label of each kind for each crop")

    def __len__(self) -> int:
        """N."""
        return len(self.crops)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Identifiers of the pictures left out: no readable face, or an exact copy."""
        return self.report.dropped

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "CropSet":
        """The chosen rows, their numbers unchanged."""
        return CropSet(
            self.crops[rows],
            self.emotion[rows],
            self.subject[rows],
            self.source[rows],
            self.group[rows],
        )


def join(sets: Iterable[CropSet]) -> CropSet:
    """Joins sets; people and groups of different sets stay different."""
    parts = list(sets)
    people, groups = 0, 0
    subject, group = [], []
    for part in parts:
        subject.append(np.where(part.subject == UNKNOWN, UNKNOWN, part.subject + people))
        group.append(part.group + groups)
        people += int(part.subject.max(initial=UNKNOWN)) + 1
        groups += int(part.group.max(initial=-1)) + 1
    return CropSet(
        np.concatenate([part.crops for part in parts]),
        np.concatenate([part.emotion for part in parts]),
        np.concatenate(subject),
        np.concatenate([np.full(len(part), number) for number, part in enumerate(parts)]),
        np.concatenate(group),
        sum_of(part.report for part in parts),
    )
