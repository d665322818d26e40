"""A table of a journal has columns of the expression where its model tells one."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceveil.offline.tables import COLUMNS, write_table

MADE_BY = {"name": "fake", "version": "1.2.3", "level": "noisy", "prior": "wild"}
TOLD = {"valence": -0.4, "arousal": 0.2, "action_units": {"1": 0.1, "12": 0.7}}
ADDED = {"valence": "-0.4", "arousal": "0.2", "AU1_strength": "0.1", "AU12_strength": "0.7"}


def journal(folder: Path, **members: Any) -> Path:
    face = {
        "box": {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0},
        "score": 0.9,
        "quality": {"doubts": []},
        "emotion": {"label": "fear", "probabilities": {"fear": 0.8}},
        "embedding": [0.5, 1.5],
        **members,
    }
    lines: list[dict[str, Any]] = [
        {"source": "none.png", "type": "picture", "model": MADE_BY, "faces": []},
        {"source": "bad.png", "type": "refused"},
        {"source": "a.png", "type": "picture", "model": MADE_BY, "faces": [face, face]},
    ]
    file = folder / "part.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.mark.parametrize(("members", "added"), [({}, {}), ({"expression": TOLD}, ADDED)])
def test_each_kind_of_table_has_them_or_not(
    tmp_path: Path, members: dict[str, Any], added: dict[str, str]
) -> None:
    source = journal(tmp_path, **members)
    write_table(source, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*COLUMNS, *added, "e0", "e1"]
    assert [{name: row[name] for name in added} for row in rows] == [added, added]
    write_table(source, tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz") as arrays:
        assert set(arrays) == {*COLUMNS, *added, "embedding"}
        assert {name: arrays[name][1] for name in added} == added


def test_a_parquet_table_has_them(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_table(journal(tmp_path, expression=TOLD), tmp_path / "t.parquet")
    row = parquet.read_table(tmp_path / "t.parquet").to_pylist()[0]
    assert {name: row[name] for name in ADDED} == ADDED
