"""Attackers who know the codebook of a model with a guarantee: they read the codeword apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import log_softmax

from faceveil.audit.arrays import Floats, Ints
from faceveil.audit.attackers import Attacker, Fitted, Gallery
from faceveil.guarantee import Promise


@dataclass(frozen=True)
class CodewordAlone:
    """Looks at nothing but the codeword, and at how often each person shows it.

    Attributes:
        promise: whose codewords they are.
        name: of the attacker.
    """

    promise: Promise
    name: str = "codeword"

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Counts each person's codewords; one sample more, drawn as everybody's are, smooths."""
        del seed
        words = len(self.promise.codewords)
        counts = np.zeros((gallery.subjects, words))
        np.add.at(counts, (gallery.subject, self.promise.codes(gallery.embedding)), 1.0)
        everybody = (counts.sum(axis=0) + 1 / words) / (counts.sum() + 1)
        smooth = (counts + everybody) / (counts.sum(axis=1, keepdims=True) + 1)
        return _Counted(self.promise, np.log(smooth))


@dataclass(frozen=True)
class _Counted:
    promise: Promise
    log_shares: Floats
    converged: bool = True

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        del emotion
        scores: Floats = log_softmax(self.log_shares[:, self.promise.codes(probe)].T, axis=1)
        return scores


@dataclass(frozen=True)
class KnowingCodeword:
    """Another attacker that compares what is left beyond the codeword, and weighs both.

    Codewords lie far apart, so that beside them the rest would be too small to be seen.

    Attributes:
        attacker: who compares the rest.
        promise: whose codewords they are.
        name: made of the other attacker's.
    """

    attacker: Attacker
    promise: Promise
    name: str = field(default="")

    def __post_init__(self) -> None:
        """Names itself after the other attacker."""
        object.__setattr__(self, "name", self.name or f"{self.attacker.name}+codeword")

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Learns the rests, and the codewords beside them."""
        rests = replace(gallery, embedding=self.promise.rest(gallery.embedding))
        return _Both(
            self.promise,
            CodewordAlone(self.promise).fit(gallery, seed),
            self.attacker.fit(rests, seed),
        )


@dataclass(frozen=True)
class _Both:
    promise: Promise
    codeword: Fitted
    rest: Fitted

    @property
    def converged(self) -> bool:
        return self.rest.converged

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        of_rest = self.rest.log_scores(self.promise.rest(probe), emotion)
        scores: Floats = log_softmax(self.codeword.log_scores(probe) + of_rest, axis=1)
        return scores
