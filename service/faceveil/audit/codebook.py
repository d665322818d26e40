"""Attackers who know the codebook of a model with a guarantee: they read the codeword apart.

Codewords lie so far apart that beside them what is left beyond would be too small to be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from scipy.special import log_softmax

from faceveil.audit.arrays import Floats, Ints
from faceveil.audit.attackers import Attacker, Fitted, Gallery
from faceveil.guarantee import beyond, nearest

BEYOND: Final = "beyond the codeword"

Part = Literal["codeword", "beyond the codeword"]
"""Of an embedding."""


@dataclass(frozen=True)
class CodewordAlone:
    """Looks at nothing but the codeword, and at how often each person shows it."""

    name: str = "codeword"

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Counts each person's codewords; one sample more, drawn as everybody's are, smooths.

        Raises:
            ValueError: where the gallery has no codewords.
        """
        del seed
        codewords = _codewords(gallery, self.name)
        words = len(codewords)
        counts = np.zeros((gallery.subjects, words))
        np.add.at(counts, (gallery.subject, nearest(gallery.embedding, codewords)), 1.0)
        everybody = (counts.sum(axis=0) + 1 / words) / (counts.sum() + 1)
        smooth = (counts + everybody) / (counts.sum(axis=1, keepdims=True) + 1)
        return _Counted(codewords, np.log(smooth))


@dataclass(frozen=True)
class _Counted:
    codewords: Floats
    log_shares: Floats
    converged: bool = True

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        del emotion
        codes = nearest(probe, self.codewords)
        scores: Floats = log_softmax(self.log_shares[:, codes].T, axis=1)
        return scores


@dataclass(frozen=True)
class Seeing:
    """Another attacker that sees one part of each embedding and nothing else.

    Attributes:
        attacker: who sees it: (N, K), 1 at the codeword and 0 elsewhere, or (N, D), the rest.
        part: which.
    """

    attacker: Attacker
    part: Part

    @property
    def name(self) -> str:
        """That of the part and of the other attacker."""
        return f"{self.part}, {self.attacker.name}"

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Learns that part of the gallery.

        Raises:
            ValueError: where the gallery has no codewords.
        """
        codewords = _codewords(gallery, self.name)
        seen = replace(gallery, embedding=_seen(gallery.embedding, codewords, self.part))
        return _Seen(codewords, self.part, self.attacker.fit(seen, seed))


@dataclass(frozen=True)
class _Seen:
    codewords: Floats
    part: Part
    fitted: Fitted

    @property
    def converged(self) -> bool:
        return self.fitted.converged

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        return self.fitted.log_scores(_seen(probe, self.codewords, self.part), emotion)


@dataclass(frozen=True)
class KnowingCodeword:
    """Another attacker that compares what is left beyond the codeword, and weighs both."""

    attacker: Attacker

    @property
    def name(self) -> str:
        """That of the other attacker, and what this one knows besides."""
        return f"{self.attacker.name}+codeword"

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Learns the rests, and the codewords beside them.

        Raises:
            ValueError: where the gallery has no codewords.
        """
        return _Both(
            CodewordAlone().fit(gallery, seed),
            Seeing(self.attacker, BEYOND).fit(gallery, seed),
        )


@dataclass(frozen=True)
class _Both:
    codeword: Fitted
    rest: Fitted

    @property
    def converged(self) -> bool:
        return self.rest.converged

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        of_rest = self.rest.log_scores(probe, emotion)
        scores: Floats = log_softmax(self.codeword.log_scores(probe) + of_rest, axis=1)
        return scores


def knowing_codebook(attackers: Sequence[Attacker]) -> list[Attacker]:
    """Those that an audit tries where there is a codebook: nothing but it, the rest alone, both.

    Args:
        attackers: who compare the rest.
    """
    alone = (Seeing(attacker, BEYOND) for attacker in attackers)
    return [CodewordAlone(), *alone, *map(KnowingCodeword, attackers)]


def _codewords(gallery: Gallery, attacker: str) -> Floats:
    if gallery.codewords is None:
        raise ValueError(f"{attacker} needs the codewords of the model")
    return gallery.codewords


def _seen(embedding: Floats, codewords: Floats, part: Part) -> Floats:
    if part == "codeword":
        return np.eye(len(codewords))[nearest(embedding, codewords)]
    return beyond(embedding, codewords)
