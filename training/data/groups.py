"""Which pictures no fold may separate: near copies, and those of one subject's one session."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.copies import near_copies
from training.data.record import Record


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a set's pictures, and why they are groups.

    Attributes:
        group: int64, shape (N,), from 0.
        copies: rows that are near copies of each other, a tuple a group of two or more.
        sessions: rows that share a subject's session, a tuple a session of two or more.
    """

    group: NDArray[np.int64]
    copies: tuple[tuple[int, ...], ...]
    sessions: tuple[tuple[int, ...], ...]


def grouped(records: Sequence[Record], hashes: NDArray[np.uint8]) -> Grouping:
    """Groups pictures; what hangs together by copies and sessions in turn is one group.

    Args:
        records: N of them.
        hashes: uint8, shape (N, HASH_BYTES), of `picture_hash`.
    """
    count = len(records)
    pairs = [(int(one), int(other)) for one, other in near_copies(hashes)]
    sessions: dict[tuple[str | None, str], list[int]] = defaultdict(list)
    for row, record in enumerate(records):
        if record.session is not None:
            sessions[record.subject, record.session].append(row)
    shared = tuple(tuple(rows) for rows in sessions.values() if len(rows) > 1)
    chained = [link for rows in shared for link in pairwise(rows)]
    return Grouping(
        _components(pairs + chained, count), _together(_components(pairs, count)), shared
    )


def _components(pairs: Sequence[tuple[int, int]], count: int) -> NDArray[np.int64]:
    one, other = np.array(pairs, np.int64).reshape(-1, 2).T
    links = coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
    _, component = connected_components(links, directed=False)
    return np.asarray(component, np.int64)


def _together(component: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, number in enumerate(component.tolist()):
        rows_of[number].append(row)
    return tuple(tuple(rows) for rows in rows_of.values() if len(rows) > 1)
