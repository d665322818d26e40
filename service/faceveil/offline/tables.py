"""From the journal to a table: a row for each embedding that was released."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from faceveil.featurefile import Part, npz, write_csv, write_parquet
from faceveil.offline.journal import Record, records

COLUMNS = (
    *("source", "face", "frame", "at", "track", "x", "y", "width", "height", "score"),
    *("doubts", "emotion", "probability", "model", "version", "level"),
)
"""Of a table, beside the embedding's own; those of clips are empty for pictures."""

SUFFIXES = (".csv", ".npz", ".parquet")

_ROWS = 10_000


def write_table(journal: Path, table: Path) -> None:
    """Writes a table of what a journal holds, whole or not at all.

    Raises:
        NotInstalledError: if it is Parquet, and pyarrow is not installed.
        OSError: if it cannot be written.
    """
    draft = table.with_name(f"{table.name}.new")
    parts = _parts(journal)
    match table.suffix:
        case ".csv":
            pieces = write_csv(parts, COLUMNS)
        case ".parquet":
            pieces = write_parquet(parts, COLUMNS)
        case _:
            pieces = iter([_npz(parts)])
    with draft.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    draft.replace(table)


def _npz(parts: Iterator[Part]) -> bytes:
    gathered = list(parts)
    arrays = {
        name: np.array([value or "" for columns, _ in gathered for value in columns[name]], str)
        for name in COLUMNS
    }
    embeddings = [embedding for _, embedding in gathered]
    arrays["embedding"] = np.concatenate(embeddings) if embeddings else np.zeros((0, 0), "f4")
    return npz(arrays)


def _parts(journal: Path) -> Iterator[Part]:
    rows: list[tuple[list[str | None], list[float]]] = []
    for record in records(journal):
        rows += _rows(record)
        if len(rows) >= _ROWS:
            yield _part(rows)
            rows = []
    if rows:
        yield _part(rows)


def _part(rows: list[tuple[list[str | None], list[float]]]) -> Part:
    labels = zip(*(row for row, _ in rows), strict=True)
    columns = dict(zip(COLUMNS, map(list, labels), strict=True))
    return columns, np.array([embedding for _, embedding in rows], np.float32)


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
        yield [None if value is None else str(value) for value in values], face["embedding"]
