"""The one record of a measured rate, and the questions that tables ask of many records.

A record is a line of JSON, a table is a question (Gulrajani, Lopez-Paz 2021, "In search of lost
domain generalization", whose DomainBed keeps sweeps so).
"""

from collections.abc import Iterable
from typing import Literal, TypeVar

from pydantic import Field

from faceveil.model.card import Result
from training.lab.attack import Attack

Measured = TypeVar("Measured", bound=Result)
Task = Literal["emotion", "identity"]

EVEN = ", even prior"
"""Ends the name of a filter whose answers take all emotions for equally likely."""


class Measurement(Result):
    """A result as a study has it; a card holds all of it but what was released."""

    released: str = Field("", description="What was attacked: a filter, features, pictures.")


def where(measured: Iterable[Measured], **fields: object) -> list[Measured]:
    """Those whose fields have these values."""
    return [
        one
        for one in measured
        if all(getattr(one, name) == value for name, value in fields.items())
    ]


def worst(measured: Iterable[Measured]) -> Measured | None:
    """The attack that names most people; the first one where several do."""
    return max(where(measured, task="identity"), key=lambda m: m.rate.rate, default=None)


def codeword_alone(measured: Iterable[Measured]) -> Measured | None:
    """The attack that names most people by the codeword alone; None where nobody tried."""
    attacks = ((Attack.of(m.system), m) for m in where(measured, task="identity"))
    return worst(m for attack, m in attacks if "codeword" in (attack.features, attack.learner))


def best_read(measured: Iterable[Measured]) -> Measured | None:
    """Whoever reads most emotions; the first one where several do.

    A filter counts as it answers by itself, for the better of two priors would be chosen by the
    pictures that are judged on.
    """
    read = [one for one in where(measured, task="emotion") if not one.system.endswith(EVEN)]
    return max(read, key=lambda m: m.rate.rate, default=None)
