import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceveil.offline.journal import Journal, JournalError, records
from faceveil.offline.tables import COLUMNS, SUFFIXES, write_table

MADE_BY = {"name": "fake", "version": "1.2.3", "level": "noisy", "prior": "wild"}


def picture(source: str, faces: int = 1) -> dict[str, Any]:
    face = {
        "box": {"x": 1.5, "y": 2.0, "width": 30.0, "height": 31.0},
        "score": 0.9,
        "quality": {"doubts": ["dark", "small"]},
        "emotion": {"label": "neutral", "probabilities": {"neutral": 0.75, "fear": 0.25}},
        "embedding": [0.5, -1.25],
    }
    return {"source": source, "type": "picture", "model": MADE_BY, "faces": [face] * faces}


def frame(source: str, number: int, *, released: bool) -> dict[str, Any]:
    told = picture(source)
    told["faces"][0] |= {"track": 3, "embedding": [1.0, 2.0] if released else None}
    return told | {"type": "frame", "frame": number, "at": number / 25}


def ended(source: str) -> dict[str, Any]:
    return {"source": source, "type": "ended", "model": MADE_BY, "frames": 2}


def written(path: Path, *lines: dict[str, Any]) -> Journal:
    journal = Journal(path, MADE_BY)
    for line in lines:
        journal.add(line)
    return journal


def test_a_run_goes_on_behind_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    written(path, picture("a"), picture("b", 0)).close()
    again = written(path, picture("c"))
    again.close()
    assert again.done == {"a", "b"}
    assert [record["source"] for record in records(path)] == ["a", "b", "c"]


def test_a_line_that_was_cut_and_a_clip_that_was_not_ended_are_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    lines = [
        picture("a"),
        frame("whole", 1, released=True),
        ended("whole"),
        frame("half", 1, released=True),
    ]
    written(path, *lines).close()
    with path.open("a") as file:
        file.write(json.dumps(picture("b"))[:-5])
    again = Journal(path, MADE_BY)
    again.close()
    assert again.done == {"a", "whole"}
    assert [record["source"] for record in records(path)] == ["a", "whole", "whole"]


@pytest.mark.parametrize("line", ["words", "[]", '{"x": 1}'])
def test_another_file_is_left_as_it_is(tmp_path: Path, line: str) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(JournalError, match="something else"):
        Journal(path, MADE_BY)
    assert path.read_text() == f"{line}\n"


def test_what_another_model_read_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    written(path, picture("a")).close()
    with pytest.raises(JournalError, match="another model"):
        Journal(path, MADE_BY | {"level": "open"})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_has_a_row_for_each_released_embedding(tmp_path: Path, suffix: str) -> None:
    lines = [
        picture("a", 2),
        picture("none", 0),
        frame("clip", 1, released=True),
        frame("clip", 2, released=False),
        ended("clip"),
    ]
    written(tmp_path / "lines", *lines).close()
    table = tmp_path / f"table{suffix}"
    write_table(tmp_path / "lines", table)
    rows = _rows(table)
    assert [row["source"] for row in rows] == ["a", "a", "clip"]
    assert [row["face"] for row in rows] == ["0", "1", "0"]
    assert (rows[0]["doubts"], rows[0]["emotion"]) == ("dark small", "neutral")
    assert (rows[2]["track"], rows[2]["frame"]) == ("3", "1")
    assert not rows[0]["track"]


def _rows(table: Path) -> list[dict[str, Any]]:
    if table.suffix == ".npz":
        with np.load(table) as arrays:
            assert arrays["embedding"].tolist() == [[0.5, -1.25]] * 2 + [[1.0, 2.0]]
            columns = {name: arrays[name].tolist() for name in COLUMNS}
    elif table.suffix == ".csv":
        header, *lines = [line.split(",") for line in table.read_text().splitlines()]
        assert header == [*COLUMNS, "e0", "e1"]
        columns = {name: [line[at] for line in lines] for at, name in enumerate(header)}
    else:
        import pyarrow.parquet

        columns = pyarrow.parquet.read_table(table).to_pydict()
        assert columns["embedding"] == [[0.5, -1.25]] * 2 + [[1.0, 2.0]]
    return [
        dict(zip(COLUMNS, row, strict=True))
        for row in zip(*(columns[c] for c in COLUMNS), strict=True)
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_of_nothing_is_a_table(tmp_path: Path, suffix: str) -> None:
    written(tmp_path / "lines", picture("none", 0)).close()
    write_table(tmp_path / "lines", tmp_path / f"table{suffix}")
    assert (tmp_path / f"table{suffix}").stat().st_size > 0
