"""What a run keeps: a JSON line for every system on every fold that is finished."""

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from faceveil.audit.closed_set import FoldOutcome

FILE = "cells.jsonl"


class Cell(BaseModel):
    """One system on one fold.

    Attributes:
        system: its name.
        settings: digest of all that its outcomes depend on, beside the run's data, folds and seed.
        fold: which.
        rows: of the set, those that were tested.
        outcomes: what was measured: name -> an outcome for each split of the fold, one as a rule.
            Probes come in the order of `rows`, unless a fold is split by emotion.
        seconds: of processor time that it took.
    """

    model_config = ConfigDict(frozen=True)

    system: str
    settings: str
    fold: int
    rows: list[int]
    outcomes: dict[str, list[FoldOutcome]]
    seconds: float

    @property
    def key(self) -> tuple[str, str, int]:
        """No two cells of a run have the same one."""
        return self.system, self.settings, self.fold


class Journal:
    """The finished cells of a run, in its folder.

    A line is on the disk before the next cell begins; one that a crash tore is cut off and its cell
    is done again.
    """

    def __init__(self, folder: Path) -> None:
        """Reads what is there.

        Raises:
            ValueError: if a line other than the last one is no cell.
        """
        self._file = folder / FILE
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

    def keep(self, cell: Cell) -> None:
        """Appends a cell, and returns when it is on the disk."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(cell.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._cells[cell.key] = cell


def _lines(content: bytes) -> Iterator[bytes]:
    """The lines that have their end."""
    return (line for line in content.splitlines(keepends=True) if line.endswith(b"\n"))
