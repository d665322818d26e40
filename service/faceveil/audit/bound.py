"""What is proved of the probes of an attack, whoever makes it: docs/guarantee.md shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from faceveil.audit.arrays import Bools
from faceveil.audit.protocol import Split
from faceveil.guarantee import most_named_among, nearest


def proved(
    splits: Sequence[Split],
    radius: float,
    sigma: float,
    *,
    sees_codeword: bool = True,
    knows_emotion: bool = False,
    counted: Sequence[Bools] | None = None,
) -> float:
    """Highest expected rate at which any attacker can name the probes of these splits.

    A rule is learned for each split, and may differ by what is known of a probe beside its rest.

    Args:
        splits: of models with codewords.
        radius: longest rest.
        sigma: standard deviation of the noise, above 0.
        sees_codeword: whether the attacker does; of who sees nothing but the rest, less is proved
            to be named.
        knows_emotion: whether the attacker is given each probe's emotion.
        counted: (P,) mask of each split: the probes that it is about; without it, all.
    """
    total, named = 0, 0.0
    for number, split in enumerate(splits):
        assert split.codewords is not None
        known = [np.zeros(len(split.probe), np.int64)]
        if sees_codeword:
            known.append(nearest(split.probe, split.codewords))
        if knows_emotion and split.probe_emotions is not None:
            known.append(np.unique(split.probe_emotions, return_inverse=True)[1])
        cell = np.unique(np.stack(known), axis=1, return_inverse=True)[1].reshape(-1)
        rows = np.ones(len(cell), np.bool_) if counted is None else counted[number]
        of_split = most_named_among(split.probe_subjects[rows], cell[rows], radius, sigma)
        total += int(rows.sum())
        named += int(rows.sum()) * of_split
    return named / total if total else 1.0
