"""The notebook runs from its first cell to its last, with a server and without one."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import DIMENSION, RunningServer

NOTEBOOK = Path(__file__).parents[1] / "examples" / "own_labels.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = {cell["id"]: "".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"}


def _run(*cells: str) -> dict[str, Any]:
    """What is known after these cells, in one session."""
    known: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(CODE[cell], f"cell {cell}", "exec"), known)  # noqa: S102 - our own notebook
    return known


def test_labels_of_ones_own_are_read_in_vectors_and_the_vectors_are_audited(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACEVEIL_STATE_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("FACEVEIL_URL", raising=False)
    known = _run(*CODE)
    assert known["right"] > known["guessed"] + 0.1
    assert known["result"].verdict != "above its bound"
    assert known["result"].bound is not None
    assert "proved at most" in capsys.readouterr().out


def test_a_server_reads_the_pictures_where_one_is_named(
    monkeypatch: pytest.MonkeyPatch, server: RunningServer
) -> None:
    monkeypatch.setenv("FACEVEIL_URL", f"http://{server.host}:{server.port}")
    monkeypatch.delenv("FACEVEIL_KEY", raising=False)
    monkeypatch.setitem(CODE, "draw", CODE["draw"].replace("people=10", "people=3"))
    known = _run("draw", "read")
    assert len(known["vectors"]) >= 40
    assert known["vectors"].shape[1] == DIMENSION


def test_the_notebook_is_kept_without_what_it_printed() -> None:
    assert all(cell.get("outputs", []) == [] for cell in CELLS)
