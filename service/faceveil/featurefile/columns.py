"""What every kind of feature file is read into, and the bounds within which that happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faceveil import labels

LABELS = ("subject", "emotion", "session", "model", "level", "captured_at", "stored_at", "id")
"""Columns that are no dimension of an embedding."""

NAMES = ("dimensions", "ignored")
"""Arrays of an `.npz` file that say which columns of a table became it, and which did not."""

_SHOWN = 8
"""Names that a sentence lists at most."""

LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.finfo(np.float32).tiny)
"""Features are stored as float32, and their squares must not leave a float64."""

Table = NDArray[np.float32] | NDArray[np.float64]


class FileError(ValueError):
    """The file cannot be read; the message is a sentence for whoever supplied it."""


class NotInstalledError(FileError):
    """Reading or writing it needs an extra that is not installed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a file may hold.

    Attributes:
        rows: most embeddings.
        unpacked: most bytes in memory, of all columns together.
        columns: most columns of a table.
        line: most bytes of a line of text.
        entries: most entries of an `.npz` file.
        footer: most bytes of the footer that a Parquet file ends with.
    """

    rows: int
    unpacked: int
    columns: int = 1024 + 2 * len(LABELS)
    line: int = 2**20
    entries: int = 64
    footer: int = 4 * 2**20


UNBOUNDED = Bounds(*[2**62] * 6)
"""For files of one's own."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file holds.

    Attributes:
        embedding: (N, D) float32 or float64, in the file's precision; each value is one that a
            float32 can hold.
        labels: (N,) by name, None where unknown; `subject` is always there, and always known.
        dimensions: (D,) names of the columns that were taken; empty where the file has none.
        ignored: names of what the file holds beside.
    """

    embedding: Table
    labels: Mapping[str, Sequence[str | None]]
    dimensions: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def must_have(name: str, found: Sequence[str]) -> None:
    """Refuses a file without something that it needs.

    Args:
        name: of what is needed.
        found: names of what the file has.

    Raises:
        FileError: where it is not among them.
    """
    if name not in found:
        shown = ", ".join(other[:64] for other in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise FileError(f"`{name}` is missing; there is: {shown or 'nothing'}{more}.")


def collected(
    found: Mapping[str, Any], dimensions: Sequence[str] = (), ignored: Sequence[str] = ()
) -> Columns:
    """The columns of a file by name, each in the form that all of the service knows.

    Args:
        found: `embedding`, (N, D) or a list of rows, and labels.
        dimensions: names of the embedding's columns, if they have any.
        ignored: names of what else the file holds.

    Raises:
        FileError: where one is missing or does not fit.
    """
    for name in ("subject", "embedding"):
        must_have(name, list(found))
    embedding = _table(found["embedding"])
    known = {name: _labels(name, found[name], len(embedding)) for name in LABELS if name in found}
    if None in known["subject"]:
        raise FileError(
            f"`subject`, row {known['subject'].index(None)} (counted from 0): it is empty. Every "
            "embedding must be somebody's."
        )
    names = tuple(dimensions)
    if names and len(names) != embedding.shape[1]:
        raise FileError(f"`dimensions` has {len(names)} names for {embedding.shape[1]} columns.")
    return Columns(embedding, known, names, tuple(ignored))


def check_values(embedding: Table) -> None:
    """Lets pass what a float32 can hold, as the store does, and an audit can square.

    Raises:
        FileError: at numbers that are not finite, or too large or all too small for 32 bits.
    """
    # Neither comparison holds for a number that is none.
    fit = (embedding.max(axis=1) <= LARGEST) & (embedding.min(axis=1) >= -LARGEST)
    broken = np.flatnonzero(~fit)
    if len(broken):
        raise FileError(
            f"{len(broken)} embeddings hold numbers that are not finite, or that are larger than "
            f"{LARGEST:.2g}; the first is row {broken[0]} (counted from 0)."
        )
    if 0 < max(embedding.max(), -embedding.min()) < SMALLEST:
        raise FileError(
            f"All numbers of the embeddings are smaller than {SMALLEST:.2g}: scale them up."
        )


def check_size(rows: int, unpacked: int, bounds: Bounds) -> None:
    """Lets pass what is within bounds.

    Raises:
        FileError: otherwise.
    """
    if rows > bounds.rows:
        raise FileError(f"the file has more than the {bounds.rows} rows that are accepted here.")
    if unpacked > bounds.unpacked:
        raise FileError(
            f"the file unpacks to more than the {bounds.unpacked} bytes that are accepted here."
        )


def itemsize(kind: np.dtype[Any]) -> int:
    """Bytes that each number of a kind takes once it is read."""
    return 4 if np.can_cast(kind, np.float32) else 8


def _table(rows: Any) -> Table:
    try:
        table = np.asarray(rows)
        if table.dtype.kind in "OUS":
            table = table.astype(np.float64)
        elif table.dtype.kind not in "fiub":
            raise TypeError
    except (TypeError, ValueError):
        raise FileError("the embeddings are not a table of numbers.") from None
    if table.ndim != 2 or not table.size:
        raise FileError(
            f"`embedding` must have the shape (samples, dimensions), not {table.shape}."
        )
    with np.errstate(over="ignore"):  # what a float64 cannot hold becomes infinite
        floats = table.astype(f"f{itemsize(table.dtype)}", copy=False)
    check_values(floats)
    return floats


def _labels(name: str, values: Any, size: int) -> list[str | None]:
    try:
        column = labels.column(values)
    except labels.LabelError as problem:
        raise FileError(f"`{name}`, {problem}.") from None
    if len(column) != size:
        raise FileError(
            f"`{name}` must have one label for each of the {size} embeddings, not {len(column)}."
        )
    return column
