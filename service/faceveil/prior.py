"""Answers for an app that meets emotions in other shares than the model expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]

PriorChoice = Literal["wild", "even"]
"""What a request may name: the shares that the model's card names, or equal ones."""

PriorName = Literal["wild", "even", "server"]
"""The same, and the shares that the server's operator set."""

LEAST_SHARE = 1e-6
"""Of an emotion; what is met less often than once in a million faces has no share."""


class PriorError(ValueError):
    """Shares that are none, or that a model's answers cannot be corrected for; says why."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What answers expect to meet.

    Attributes:
        name: `wild` leaves answers as the model gives them.
        learned: the share of each emotion that the model's answers expect by themselves, in
            the order of its labels; None where its card does not say.
        expected: the share of each that is met, in the same order.
    """

    name: PriorName
    learned: Mapping[str, float] | None
    expected: Mapping[str, float] | None

    @classmethod
    def of(cls, text: str, labels: Sequence[str], learned: Mapping[str, float] | None) -> Prior:
        """The prior of a model's answers.

        Args:
            text: `wild`, `even`, or a share for each label, as `shares_of` reads them.
            labels: of the model.
            learned: the share of each that its answers expect; None where its card does not say.

        Raises:
            PriorError: if the text is no prior or of other labels, or the card does not say what
                there is to correct.
        """
        if learned is not None:
            learned = {label: learned[label] for label in labels}
        if text == "wild":
            return cls("wild", learned, learned)
        if learned is None:
            raise PriorError(
                "the model's card does not say which shares of emotions its answers expect, so "
                "they cannot be corrected for others"
            )
        if text == "even":
            return cls("even", learned, dict.fromkeys(labels, 1 / len(labels)))
        shares = shares_of(text)
        if shares.keys() != set(labels):
            raise PriorError(
                f"it has shares of {', '.join(shares)}, and the model reads {', '.join(labels)}: "
                "give each of these a share, and no other"
            )
        return cls("server", learned, {label: shares[label] for label in labels})

    def corrected(self, probabilities: Floats) -> Floats:
        """Probabilities as the model gives them, (N, E), as they are where this is expected."""
        if self.name == "wild":
            return probabilities
        assert self.learned is not None
        assert self.expected is not None
        learned, expected = (
            np.array(list(shares.values())) for shares in (self.learned, self.expected)
        )
        return with_prior(probabilities, learned, expected)


def shares_of(text: str) -> dict[str, float]:
    """The shares that a text states, as in `neutral=0.6, happiness=0.4`.

    Raises:
        PriorError: if it states none, a share is below `LEAST_SHARE`, or their sum is further than
            1 % from 1.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        label, _, share = (word.strip() for word in part.partition("="))
        try:
            shares[label], stated = float(share), label in shares
        except ValueError:
            raise PriorError(
                "it must be wild, even, or a share for each emotion, such as "
                "neutral=0.6,happiness=0.4"
            ) from None
        if stated:
            raise PriorError(f"{label} has two shares")
    refuse_unfit(shares, 0.01)
    return shares


def refuse_unfit(shares: Mapping[str, float], tolerance: float) -> None:
    """Lets shares pass that each are at least `LEAST_SHARE` and sum to 1.

    Args:
        shares: of each label.
        tolerance: how far their sum may be from 1.

    Raises:
        PriorError: if they are not so.
    """
    for label, share in shares.items():
        if not share >= LEAST_SHARE:  # nor is a NaN
            raise PriorError(f"the share of {label} is not above 0")
    if not abs(sum(shares.values()) - 1) <= tolerance:
        raise PriorError(f"the shares sum to {sum(shares.values()):.4g}, not to 1")


def with_prior(probabilities: Floats, learned: Floats, expected: Floats) -> NDArray[np.float64]:
    """Probabilities of emotions as they are where each is met so often.

    Bayes' rule: an answer is divided by the share that it was learned under, and multiplied by the
    one that is expected. Without the latter it is the logit adjustment of Menon, Jayasumana, Rawat,
    Jain, Veit, Kumar 2021, "Long-tail learning via logit adjustment", equation 9 with tau 1, which
    reads each emotion equally well instead of most faces.

    Args:
        probabilities: (N, E), as the model gives them.
        learned: (E,), the share of each emotion that it learned under, all above 0.
        expected: (E,), the share that is met; equal shares if nobody knows.

    Returns:
        (N, E); a row's sum is 1.
    """
    odds = probabilities * (np.asarray(expected, np.float64) / np.asarray(learned, np.float64))
    adjusted: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return adjusted
