"""What is finished is on the disk; what a crash tore is done again."""

from pathlib import Path

import pytest

from faceveil.audit.closed_set import FoldOutcome
from training.lab.cells import CELLS, Cell, Cells

OUTCOME = FoldOutcome(
    subject=[0, 1], best=[[0], [0, 1]], ahead=[0, 0], level=[1, 2], bits=[0.1, 1.0], converged=True
)


def _cell(fold: int, settings: str = "a") -> Cell:
    return Cell(
        system="Face",
        settings=settings,
        fold=fold,
        rows=[3, 5],
        outcomes={"Face": [OUTCOME]},
        seconds=0.5,
    )


def test_a_finished_cell_is_found_again(tmp_path: Path) -> None:
    Cells(tmp_path).add(_cell(0))
    assert Cells(tmp_path).get("Face", "a", 0) == _cell(0)


def test_other_settings_or_another_fold_is_another_cell(tmp_path: Path) -> None:
    Cells(tmp_path).add(_cell(0))
    assert Cells(tmp_path).get("Face", "b", 0) is None
    assert Cells(tmp_path).get("Face", "a", 1) is None


def test_a_torn_last_line_is_ignored_and_the_next_cell_is_not_glued_to_it(tmp_path: Path) -> None:
    cells = Cells(tmp_path)
    cells.add(_cell(0))
    cells.add(_cell(1))
    file = tmp_path / CELLS
    file.write_bytes(file.read_bytes()[:-9])
    again = Cells(tmp_path)
    assert again.get("Face", "a", 0) == _cell(0)
    assert again.get("Face", "a", 1) is None
    again.add(_cell(1))
    assert Cells(tmp_path).get("Face", "a", 1) == _cell(1)


def test_a_line_that_is_no_cell_is_named(tmp_path: Path) -> None:
    (tmp_path / CELLS).write_text('{"system": "Face"}\n')
    with pytest.raises(ValueError, match="no cell"):
        Cells(tmp_path)
