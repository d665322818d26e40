"""Systems that are compared on the same folds: each one on each fold is a cell of the run."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faceveil.audit.closed_set import ClosedSet, pooled
from training.data.digest import digest
from training.lab.cells import Cell, Outcomes
from training.lab.folds import Fold
from training.lab.plan import Progress
from training.lab.runner import Run

Share = Callable[[float], None]
"""Called with how much of a cell is done, in [0, 1]."""

_PARTS = 100


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
    run: Callable[[Fold, Share], Outcomes]

    @property
    def digest(self) -> str:
        """Of the settings."""
        text = json.dumps(self.settings, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def cell(self, fold: Fold, run: Run, share: Share = lambda done: None) -> Cell:
        """The finished cell of one fold."""
        return run.done(
            self.name,
            self.digest,
            fold.number,
            lambda: self.run(fold, share),
            np.flatnonzero(fold.tested).tolist(),
        )

    def is_done(self, fold: Fold, run: Run) -> bool:
        """Whether the cell is finished."""
        return run.cells.get(self.name, self.digest, fold.number) is not None


def claimed(name: str, folds: Sequence[Fold], seed: int, folder: Path, progress: Progress) -> Run:
    """The run that compares systems on all folds of a set.

    Raises:
        ValueError: if the folder holds another run.
    """
    part, tested = folds[0].part, [fold.tested for fold in folds]
    data = digest(part.crops, part.emotion, part.subject, part.group, *tested)
    purpose = {"set": name, "seed": seed, "data": data}
    return Run.claimed(folder, json.dumps(purpose, indent=1), progress)


def compare(systems: Sequence[System], folds: Sequence[Fold], run: Run, stage: str) -> None:
    """Runs every system on every fold, as far as that is not done, under the name of a stage."""
    total = sum(system.weight for system in systems) * len(folds)
    todo = [(one, fold) for one in systems for fold in folds if not one.is_done(fold, run)]
    before = total - sum(system.weight for system, _ in todo)

    def done(weight: float) -> None:
        run.progress(stage, int(_PARTS * weight / total) if total else _PARTS, _PARTS)

    done(before)
    for system, fold in todo:

        def share(part: float, system: System = system, before: float = before) -> None:
            done(before + part * system.weight)

        share(0.0)
        system.cell(fold, run, share)
        before += system.weight
    done(total)


def finished(systems: Sequence[System], folds: Sequence[Fold], run: Run) -> dict[str, list[Cell]]:
    """The cells of each system that is done on every fold, one a fold."""
    return {
        system.name: [system.cell(fold, run) for fold in folds]
        for system in systems
        if all(system.is_done(fold, run) for fold in folds)
    }


def pool(cells: Sequence[Cell], key: str, classes: int) -> ClosedSet:
    """One outcome of a system over all folds, of so many people or emotions to choose from."""
    return pooled(key, classes, [outcome for cell in cells for outcome in cell.outcomes[key]])
