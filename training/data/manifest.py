"""Your own faces: folders by subject and emotion, or a CSV file."""

import csv
from collections.abc import Iterator
from pathlib import Path

from training.data.record import EMOTIONS, DataError, Record, SetInfo

INFO = SetInfo(
    name="own faces",
    terms="as agreed with the people who are shown",
    citation="not published",
)

CSV_NAME = "manifest.csv"
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a folder.

    It holds either `manifest.csv`, with the columns image (path from the folder), subject and
    emotion (either may be empty), or images at `<subject>/<emotion>/<any name>`.

    Raises:
        DataError: if it holds neither, or an emotion is none of `EMOTIONS`.
    """
    if (folder / CSV_NAME).exists():
        yield from _from_csv(folder)
        return
    paths = sorted(path for path in folder.glob("*/*/*") if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise DataError(f"{folder} holds neither {CSV_NAME} nor images at SUBJECT/EMOTION/NAME.")
    for path in paths:
        subject, emotion = path.parts[-3:-1]
        yield _record(folder, path, subject, emotion)


def _from_csv(folder: Path) -> Iterator[Record]:
    with (folder / CSV_NAME).open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not {"image", "subject", "emotion"} <= set(rows.fieldnames or ()):
            raise DataError(f"{folder / CSV_NAME} needs the columns image, subject and emotion.")
        for row in rows:
            yield _record(folder, folder / row["image"], row["subject"], row["emotion"])


def _record(folder: Path, path: Path, subject: str, emotion: str) -> Record:
    emotion = emotion.lower()
    if emotion and emotion not in EMOTIONS:
        raise DataError(f"{path}: {emotion!r} is none of {', '.join(EMOTIONS)}.")
    name = path.relative_to(folder).as_posix()
    return Record(name, path.read_bytes, emotion or None, subject or None)
