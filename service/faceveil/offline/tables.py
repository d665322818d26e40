"""From the journal to a table: a row for each embedding that was released."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from faceveil.featurefile import Part, npz, write_csv, write_parquet
from faceveil.offline.journal import Record, records

COLUMNS = (
    *("source", "face", "frame", "at", "track", "x", "y", "width", "height", "score"),
    *("doubts", "emotion", "probability", "model", "version", "level"),
)
"""Of a table, beside the embedding's own; those of clips are empty for pictures."""

MOVES = ("valence", "arousal")
"""Columns that follow these where the model tells them; after them come action units, as
`AU12_strength`, which unlike `AU12` is not taken for a dimension of the embedding."""

SUFFIXES = (".csv", ".npz", ".parquet")

_ROWS = 10_000


def write_table(journal: Path, table: Path) -> None:
    """Writes a table of what a journal holds, whole or not at all.

    Raises:
        NotInstalledError: if it is Parquet, and pyarrow is not installed.
        OSError: if it cannot be written.
    """
    draft = table.with_name(f"{table.name}.new")
    columns = COLUMNS + _moves_in(journal)
    parts = _parts(journal, columns)
    match table.suffix:
        case ".csv":
            pieces = write_csv(parts, columns)
        case ".parquet":
            pieces = write_parquet(parts, columns)
        case _:
            pieces = iter([_npz(parts, columns)])
    with draft.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    draft.replace(table)


def _moves_in(journal: Path) -> tuple[str, ...]:
    """The columns that tell how faces move: one model made all of a journal, so one face says."""
    told = (face.get("expression") for one in records(journal) for face in one.get("faces", ()))
    first = next(told, None)
    if first is None:
        return ()
    return (*MOVES, *(f"AU{unit}_strength" for unit in first["action_units"]))


def _npz(parts: Iterator[Part], columns: Sequence[str]) -> bytes:
    gathered = list(parts)
    arrays = {
        name: np.array([value or "" for labels, _ in gathered for value in labels[name]], str)
        for name in columns
    }
    embeddings = [embedding for _, embedding in gathered]
    arrays["embedding"] = np.concatenate(embeddings) if embeddings else np.zeros((0, 0), "f4")
    return npz(arrays)


def _parts(journal: Path, columns: Sequence[str]) -> Iterator[Part]:
    rows: list[tuple[list[str | None], list[float]]] = []
    for record in records(journal):
        rows += _rows(record)
        if len(rows) >= _ROWS:
            yield _part(rows, columns)
            rows = []
    if rows:
        yield _part(rows, columns)


def _part(rows: list[tuple[list[str | None], list[float]]], columns: Sequence[str]) -> Part:
    labels = zip(*(row for row, _ in rows), strict=True)
    named = dict(zip(columns, map(list, labels), strict=True))
    return named, np.array([embedding for _, embedding in rows], np.float32)


def _rows(record: Record) -> Iterator[tuple[list[str | None], list[float]]]:
    model = record.get("model", {})
    for number, face in enumerate(record.get("faces", ())):
        if face["embedding"] is None:
            continue
        box, emotion = face["box"], face["emotion"]
        values = [
            *(record["source"], number, record.get("frame"), record.get("at"), face.get("track")),
            *(box["x"], box["y"], box["width"], box["height"], face["score"]),
            " ".join(face["quality"]["doubts"]),
            emotion["label"],
            emotion["probabilities"][emotion["label"]],
            *(model.get("name"), model.get("version"), model.get("level")),
        ]
        if told := face.get("expression"):
            values += [told["valence"], told["arousal"], *told["action_units"].values()]
        yield [None if value is None else str(value) for value in values], face["embedding"]
