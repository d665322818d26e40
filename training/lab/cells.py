"""What a run has finished: its folder is for one purpose, and a JSON line is a finished cell."""

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from faceveil.audit.closed_set import FoldOutcome
from training.filter.distributed import first_alone

PURPOSE = "plan.json"
CELLS = "cells.jsonl"

Outcomes = dict[str, list[FoldOutcome]]
"""What was measured, by name: an outcome for each split, one as a rule."""


def claim(folder: Path, purpose: str) -> None:
    """Writes down what the folder is for; refuses one that is for something else.

    Args:
        folder: of the run; created where it is not there.
        purpose: all that the filters and cells in the folder depend on.

    Raises:
        ValueError: if the folder holds a run with another purpose.
    """
    file = folder / PURPOSE
    with first_alone():
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.write_text(purpose)
    if file.read_text() != purpose:
        raise ValueError(
            f"{folder} holds a run with another recipe, seed or data. "
            "Name another folder with --run, or delete this one."
        )


class Cell(BaseModel):
    """The smallest piece of work that is not done twice: a system, or an attack, on a fold.

    Attributes:
        system: its name.
        settings: digest of all that its outcomes depend on, beside the purpose of the run.
        fold: which.
        rows: of the set, those that were tested; none where the settings tell them.
        outcomes: what was measured. Probes come in the order of `rows`, unless a fold is split by
            emotion.
        values: what was measured in another way; in an order that the system knows.
        seconds: of processor time that it took.
    """

    model_config = ConfigDict(frozen=True)

    system: str
    settings: str
    fold: int
    rows: list[int] = []
    outcomes: Outcomes = {}
    values: list[float] = []
    seconds: float

    @property
    def key(self) -> tuple[str, str, int]:
        """No two cells of a run have the same one."""
        return self.system, self.settings, self.fold


class Cells:
    """The finished cells of a run, in its folder.

    A line is on the disk before the next cell begins; one that a crash tore is cut off and its cell
    is done again.
    """

    def __init__(self, folder: Path) -> None:
        """Reads what is there.

        Raises:
            ValueError: if a line other than the last one is no cell.
        """
        self._file = folder / CELLS
        self._cells: dict[tuple[str, str, int], Cell] = {}
        if self._file.exists():
            whole = 0
            for line in _lines(self._file.read_bytes()):
                try:
                    cell = Cell.model_validate_json(line)
                except ValidationError as error:
                    raise ValueError(f"{self._file} holds a line that is no cell.") from error
                self._cells[cell.key] = cell
                whole += len(line)
            os.truncate(self._file, whole)

    def get(self, system: str, settings: str, fold: int) -> Cell | None:
        """The cell, if it is finished."""
        return self._cells.get((system, settings, fold))

    def add(self, cell: Cell) -> None:
        """Appends a cell, and returns when it is on the disk."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(cell.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._cells[cell.key] = cell


def _lines(content: bytes) -> Iterator[bytes]:
    """The lines that have their end."""
    return (line for line in content.splitlines(keepends=True) if line.endswith(b"\n"))
