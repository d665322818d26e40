"""Your own faces: folders by subject and emotion, or a CSV file."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from training.data.emotions import emotion_of
from training.data.moves import moves_in
from training.data.record import TRAITS, DataError, Record, SetInfo, decade
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="own faces",
    terms=Terms(Use.AGREED, "as agreed with the people who are shown"),
    citation="not published",
)

CSV_NAME = "manifest.csv"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a folder.

    It holds either `manifest.csv`, with the columns image (path from the folder), subject, emotion
    and, if wanted, session, sex, age (in years) and origin (each may be empty but the image), or
    images at `<subject>/<emotion>/<any name>`. Pictures labelled with one of `OTHER_EMOTIONS` have
    no emotion, and those who call an emotion by another word (`ALIASES`) mean it; any other word is
    refused, since it may be a slip for one of `EMOTIONS`. Beside `manifest.csv`, what
    `faceveil animate` wrote down of its pictures tells how the faces move.

    Raises:
        DataError: if it holds neither, or an emotion is none that is known.
    """
    if (folder / CSV_NAME).exists():
        yield from _from_csv(folder)
        return
    paths = sorted(path for path in folder.glob("*/*/*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"{folder} holds neither {CSV_NAME} nor images at SUBJECT/EMOTION/NAME.")
    for path in paths:
        subject, emotion = path.parts[-3:-1]
        yield _record(folder, path, subject, emotion)


def _from_csv(folder: Path) -> Iterator[Record]:
    moves = moves_in(folder)
    with (folder / CSV_NAME).open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not {"image", "subject", "emotion"} <= set(rows.fieldnames or ()):
            raise DataError(f"{folder / CSV_NAME} needs the columns image, subject and emotion.")
        for row in rows:
            path = folder / row["image"]
            record = _record(folder, path, row["subject"], row["emotion"], row.get("session"))
            known = moves.get(record.identifier)
            yield replace(record, traits=_traits(path, row), moves=known)


def _traits(path: Path, row: dict[str, str]) -> dict[str, str]:
    stated = {trait: word for trait in TRAITS if (word := (row.get(trait) or "").strip())}
    if age := stated.get("age"):
        if not age.isdecimal():
            raise DataError(f"{path}: {age!r} is no age in years.")
        stated["age"] = decade(int(age))
    return stated


def _record(
    folder: Path, path: Path, subject: str, emotion: str, session: str | None = None
) -> Record:
    try:
        label = emotion_of(emotion) if emotion else None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    name = path.relative_to(folder).as_posix()
    return Record(name, path.read_bytes, label, subject or None, session or None)
