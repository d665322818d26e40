"""What a system is to a run: a name, settings, and what it does on a fold."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training.studies.reproduction.turn import Outcomes, Turn

Told = Callable[[float], None]
"""Told how much of a cell is done, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class System:
    """One of those that are compared.

    Attributes:
        name: unique in a run.
        settings: JSON-able; all that its outcomes depend on beside the data, the folds and the
            seed. A change of them makes finished cells count no more.
        weight: roughly the seconds that a fold takes, for the estimate of what is left.
        run: does it on a fold.
    """

    name: str
    settings: dict[str, Any]
    weight: float
    run: Callable[[Turn, Told], Outcomes]

    @property
    def digest(self) -> str:
        """Of the settings."""
        text = json.dumps(self.settings, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
