"""Pairs of pictures, of one person and of two, among people who are in one part alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_DRAWN = 8
"""Pairs drawn for each that is wanted: many are drawn twice, or show one person."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows, as many of one person as of two.

    Attributes:
        one: (M,) rows.
        other: (M,) rows.
        same: (M,) whether they are of one person.
    """

    one: Ints
    other: Ints
    same: Bools

    def take(self, chosen: Bools) -> "Pairs":
        """Those that are chosen."""
        return Pairs(self.one[chosen], self.other[chosen], self.same[chosen])


def paired(rows: Ints, subject: Ints, group: Ints, seed: int) -> Pairs:
    """All pairs of one person among the rows, and as many of two, drawn at random.

    Args:
        rows: numbers of rows.
        subject: (N,) whom each row shows.
        group: (N,) near copies have one number, and are no pair.
        seed: of the draw.

    Raises:
        ValueError: if no person has two pictures that are no near copies, or too few people do.
    """
    ordered = rows[np.argsort(subject[rows], kind="stable")]
    ends = np.flatnonzero(np.diff(subject[ordered])) + 1
    of_one = np.concatenate(
        [mine[np.stack(np.triu_indices(len(mine), 1))] for mine in np.split(ordered, ends)], axis=1
    )
    of_one = of_one[:, group[of_one[0]] != group[of_one[1]]]
    number = of_one.shape[1]
    drawn = np.random.default_rng(seed).choice(rows, (2, _DRAWN * number))
    apart = (subject[drawn[0]] != subject[drawn[1]]) & (group[drawn[0]] != group[drawn[1]])
    drawn = np.sort(drawn[:, apart], axis=0)
    first = np.sort(np.unique(drawn, axis=1, return_index=True)[1])[:number]
    if not number or len(first) < number:
        raise ValueError("A verifier needs several pictures each of many people.")
    one, other = np.concatenate([of_one, drawn[:, first]], axis=1)
    return Pairs(one, other, np.arange(len(one)) < number)


def in_parts(subject: Ints, parts: int, seed: int) -> Ints:
    """(N,) in which part each row's person falls, by lot."""
    people, code = np.unique(subject, return_inverse=True)
    lot = np.random.default_rng(seed).permutation(np.arange(len(people)) % parts)
    return np.asarray(lot[code])
