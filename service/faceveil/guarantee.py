"""What is proved of a released embedding, for every attacker: docs/guarantee.md has the proof.

A model with a guarantee releases `codewords[c] + rest + sigma * noise`: one of K standard
expressions, what is left of the face beyond it, never longer than `radius`, and Gaussian noise.
Between two faces of one standard expression that is the Gaussian mechanism with sensitivity
2 * radius, so it is mu-Gaussian differentially private with mu = 2 * radius / sigma (Dong, Roth,
Su, "Gaussian differential privacy", JRSS B 84 (2022), theorem 1). The figures here follow from
that; of several pictures of one person, n in number, sigma / sqrt(n) stands in place of sigma
(corollary 2 there).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

CROWDS = (10, 100, 1000)
"""Numbers of equally likely people for whom a card names the bound."""

MISREAD = 1e-3
"""Largest chance, at any level, that noise carries an embedding to another codeword."""

Codewords = Sequence[Sequence[float]] | NDArray[np.floating[Any]]
"""(K, D), standard expressions."""

_NORMAL = NormalDist()


def mu_of(radius: float, sigma: float) -> float:
    """The mu of two faces with one standard expression.

    Args:
        radius: longest rest.
        sigma: standard deviation of the noise, above 0.
    """
    return 2 * radius / sigma


def trade(share: float, shift: float) -> float:
    """Phi(Phi^-1(share) + shift): how likely what is `share` without the signal may become with it.

    The Neyman-Pearson lemma for two Gaussians whose means lie `shift` standard deviations apart.

    Args:
        share: in [0, 1].
        shift: in standard deviations.
    """
    if share <= 0 or share >= 1:
        return float(np.clip(share, 0, 1))
    return _NORMAL.cdf(_NORMAL.inv_cdf(share) + shift)


def most_true_positives(false_positives: float, mu: float) -> float:
    """Most true positives of telling two given faces apart, at a share of false ones."""
    return trade(false_positives, mu)


def least_equal_error(mu: float) -> float:
    """Lowest equal error rate of verification: where both errors are Phi(-mu / 2)."""
    return _NORMAL.cdf(-mu / 2)


def most_named(share: float, radius: float, sigma: float, pictures: int = 1) -> float:
    """Highest rate of naming the right person, among faces with one standard expression.

    The codeword itself is the reference here, which lies `radius` from every face at most; hence
    radius, and not twice that.

    Args:
        share: how often the likeliest person is right without the embedding: 1 / N for N equally
            likely ones.
        radius: longest rest.
        sigma: standard deviation of the noise.
        pictures: of the person, each with noise of its own.
    """
    return trade(share, sqrt(pictures) * radius / sigma)


def most_named_among(
    subject: NDArray[Any], cell: NDArray[np.int64], radius: float, sigma: float
) -> float:
    """Highest expected rate at which any rules, one a cell, can name these probes.

    A rule hears the rest in its noise. Of the probes in its cell it names at best `trade` of the
    share of whoever has most of them; docs/guarantee.md shows it.

    Args:
        subject: (N,) whose each probe is.
        cell: (N,) what is known of each probe beside its rest: its codeword, and all else by which
            rules differ, as folds do whose attackers learned from different galleries.
        radius: longest rest.
        sigma: standard deviation of the noise.
    """
    if not len(cell):
        return 1.0
    bound = 0.0
    for one in np.unique(cell):
        owners = np.unique(subject[cell == one], return_counts=True)[1]
        share = float(owners.max() / owners.sum())
        bound += owners.sum() / len(cell) * most_named(share, radius, sigma)
    return float(bound)


class Bounds(BaseModel):
    """What is proved at one level, about faces with the same standard expression."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mu: float = Field(gt=0, description="2 * radius / sigma.")
    true_positives: float = Field(
        ge=0, le=1, description="Telling two faces apart: most true positives at 1 % false ones."
    )
    equal_error: float = Field(ge=0, le=1, description="Verification: the lowest equal error rate.")
    named: dict[int, float] = Field(
        description="N equally likely people: the highest rate of naming the right one."
    )

    @classmethod
    def of(cls, radius: float, sigma: float) -> Self:
        """All of them, from the longest rest and the noise."""
        mu = mu_of(radius, sigma)
        return cls(
            mu=mu,
            true_positives=most_true_positives(0.01, mu),
            equal_error=least_equal_error(mu),
            named={people: most_named(1 / people, radius, sigma) for people in CROWDS},
        )


class Shared(BaseModel):
    """How many people of a calibration set show each standard expression."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str
    people: int = Field(gt=0, description="In the set.")
    fewest: int = Field(ge=0, description="Who show the codeword that fewest of them show.")
    median: float = Field(ge=0)


class Promise(BaseModel):
    """What an audit holds embeddings of one level to.

    Attributes:
        codewords: (K, D).
        radius: longest rest.
        sigma: of the noise; the least where there are several levels.
        widest: sigma of the level with most noise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    codewords: list[list[float]] = Field(min_length=2, max_length=1024)
    radius: float = Field(gt=0, allow_inf_nan=False)
    sigma: float = Field(gt=0, allow_inf_nan=False)
    widest: float = Field(gt=0, allow_inf_nan=False)


class Guarantee(BaseModel):
    """What is proved of a model, and what the proof stands on; see `faceveil.guarantee`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codewords: list[list[float]] = Field(
        min_length=2, max_length=1024, description="K standard expressions, D values each."
    )
    radius: float = Field(
        gt=0, allow_inf_nan=False, description="What is left beyond a codeword is never longer."
    )
    levels: dict[str, Bounds]
    shared: list[Shared] = Field(
        [], description="How many people show each codeword, on sets that name people."
    )

    @classmethod
    def of(
        cls,
        codewords: NDArray[np.floating[Any]],
        radius: float,
        sigmas: dict[str, float],
        shared: Sequence[Shared] = (),
    ) -> Self:
        """A guarantee with its bounds worked out.

        Args:
            codewords: (K, D).
            radius: longest rest.
            sigmas: of the noise, by level.
            shared: people a codeword, set by set.
        """
        return cls(
            codewords=codewords.astype(float).tolist(),
            radius=radius,
            levels={name: Bounds.of(radius, sigma) for name, sigma in sigmas.items()},
            shared=list(shared),
        )

    @model_validator(mode="after")
    def _codewords_are_of_one_length(self) -> Self:
        if len({len(word) for word in self.codewords}) != 1:
            raise ValueError("the codewords differ in length")
        return self

    @property
    def dimension(self) -> int:
        """D, values of a codeword."""
        return len(self.codewords[0])

    def check(self, sigmas: dict[str, float]) -> None:
        """Lets pass bounds that the noise bears out, and codewords that it leaves readable.

        Args:
            sigmas: of the noise, by level.

        Raises:
            ValueError: if a level's bounds are others than its noise gives, or noise could carry an
                embedding to another codeword more often than `MISREAD`.
        """
        if self.levels.keys() != sigmas.keys():
            raise ValueError("the guarantee is of other levels than the card's")
        for name, sigma in sigmas.items():
            if not sigma > 0:
                raise ValueError(f"{name} adds no noise, so nothing is proved of it")
            true, claimed = Bounds.of(self.radius, sigma), self.levels[name]
            pairs = [
                (claimed.mu, true.mu),
                (claimed.true_positives, true.true_positives),
                (claimed.equal_error, true.equal_error),
                *((claimed.named.get(people), most) for people, most in true.named.items()),
            ]
            if not all(said is not None and abs(said - one) <= 1e-6 * one for said, one in pairs):
                raise ValueError(f"the bounds of {name} are not those of its noise")
            if (risk := misread(self.codewords, self.radius, sigma)) > MISREAD:
                raise ValueError(
                    f"at {name}, noise may carry an embedding to another codeword with a chance of "
                    f"{risk:.2g}; at most {MISREAD:g} is let pass"
                )

    def promise(self, *sigmas: float) -> Promise:
        """What embeddings are held to whose noise has one of these standard deviations."""
        return Promise(
            codewords=self.codewords, radius=self.radius, sigma=min(sigmas), widest=max(sigmas)
        )


def nearest(embedding: NDArray[np.floating[Any]], codewords: Codewords) -> NDArray[np.int64]:
    """(N,) the codeword nearest to each of the (N, D) embeddings, by Euclidean distance."""
    words = np.asarray(codewords, np.float64)
    found: NDArray[np.int64] = np.argmin((words**2).sum(axis=1) - 2 * embedding @ words.T, axis=1)
    return found


def beyond(embedding: NDArray[np.floating[Any]], codewords: Codewords) -> NDArray[np.float64]:
    """(N, D) what of the (N, D) embeddings lies beyond the codewords nearest to them."""
    words = np.asarray(codewords, np.float64)
    rest: NDArray[np.float64] = embedding - words[nearest(embedding, codewords)]
    return rest


def misread(codewords: Sequence[Sequence[float]], radius: float, sigma: float) -> float:
    """At most how likely noise carries an embedding nearer to another codeword than its own.

    The noise along the line between two codewords must pass half their distance, less the rest; the
    union bound adds up the others.
    """
    words = np.asarray(codewords, np.float64)
    apart = np.sqrt(((words[:, None] - words[None]) ** 2).sum(axis=2))
    chances = [
        sum(_NORMAL.cdf(-(half - radius) / sigma) for half in row[np.arange(len(row)) != own] / 2)
        for own, row in enumerate(apart)
    ]
    return float(min(1.0, max(chances)))


def promise_in(card: Path, levels: Collection[str] = ()) -> Promise | None:
    """What a card promises of embeddings; None where it guarantees nothing.

    Args:
        card: file of the card.
        levels: that the embeddings are of; the one with least noise counts, as it promises least.
            Without any, all that the card has.

    Raises:
        ValueError: if the file is no card, or has a guarantee and no such level.
    """
    try:
        content = json.loads(card.read_bytes())
        sigmas = {name: float(one["sigma"]) for name, one in content["levels"].items()}
        given = content.get("guarantee")
        guarantee = None if given is None else Guarantee.model_validate(given)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"{card} is no card of a model: {problem}") from None
    if guarantee is None:
        return None
    if unknown := sorted(set(levels) - sigmas.keys()):
        raise ValueError(f"{card} has no level {unknown[0]!r}; it has: {', '.join(sigmas)}.")
    guarantee.check(sigmas)
    return guarantee.promise(*(sigmas[name] for name in levels or sigmas))
