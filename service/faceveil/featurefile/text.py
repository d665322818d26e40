"""`.csv` files: a header line, then a row an embedding."""

import csv
import io
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from faceveil import labels
from faceveil.featurefile.columns import (
    LABELS,
    Bounds,
    Columns,
    FileError,
    check_size,
    collected,
    must_have,
)
from faceveil.featurefile.dimensions import span, split

_FLOAT = re.compile(r"\s*-?\d{1,15}\.0\s*")
"""A whole number as a float is written, of no more digits than one tells exactly."""

_NUMBER = 8
"""Bytes of a number once it is read, whatever it took in the file."""

_TEXT = 60
"""Bytes that a label takes beside its characters."""

_SEPARATOR = re.compile(r"[;\t|]")
"""What other programs put between columns."""

_NO_TABLE = "this is no .csv file in UTF-8 with a header line."

Part = tuple[Mapping[str, Sequence[str | None]], NDArray[np.float32]]
"""Rows of a file: labels by column, and embeddings (N, D)."""


def read(file: BinaryIO, bounds: Bounds, chosen: str | None = None) -> Columns:
    """The labels, and the columns that are dimensions.

    Raises:
        FileError: where it is no such file, a bound is passed, or no dimensions are found.
    """
    rows = csv.reader(_lines(file, bounds.line))
    try:
        header = next((row for row in rows if row), None)
        if header is None:
            raise FileError(_NO_TABLE)
        if len(header) == 1 and (other := _SEPARATOR.search(header[0])):
            raise FileError(
                f"its columns are parted by {other[0]!r}. Write it with commas between them, and "
                "points in numbers, as df.to_csv(..., index=False) does."
            )
        if len(header) > bounds.columns:
            raise FileError(f"the file has more than the {bounds.columns} columns that one may.")
        return _read_rows(rows, header, bounds, chosen)
    except (UnicodeDecodeError, csv.Error) as problem:
        raise FileError(_NO_TABLE) from problem


def write(parts: Iterable[Part], names: Sequence[str]) -> Iterator[bytes]:
    """A `.csv` file piece by piece: the labels, then the dimensions as `e0`, `e1`, ..."""
    headed = False
    for columns, embedding in parts:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        if not headed:
            writer.writerow([*names, *(f"e{number}" for number in range(embedding.shape[1]))])
            headed = True
        rows = zip(*(columns[name] for name in names), strict=True)
        for row, values in zip(rows, embedding, strict=True):
            writer.writerow([*row, *map(str, values)])
        yield buffer.getvalue().encode()
    if not headed:
        yield (",".join(names) + "\r\n").encode()


def _lines(file: BinaryIO, longest: int) -> Iterator[str]:
    """The lines of a text, none of which is held before it is known to be short."""
    encoding = "utf-8-sig"
    while line := file.readline(longest + 1):
        if len(line) > longest:
            raise FileError(
                f"a line has more than {longest} bytes, which no .csv file of features has."
            )
        yield line.decode(encoding)
        encoding = "utf-8"


def _read_rows(
    rows: Iterator[list[str]], header: list[str], bounds: Bounds, chosen: str | None
) -> Columns:
    must_have("subject", header)
    taken, ignored = split(header, chosen)
    places = {name: header.index(name) for name in LABELS if name in header}
    found: dict[str, list[str]] = {name: [] for name in places}
    pick = itemgetter(*taken) if taken else None
    values = array("d")
    number, unpacked = 0, 0
    texts: dict[str, str] = {}  # a label that occurs often is in memory once
    for number, row in enumerate(filter(None, rows), start=1):
        if len(row) != len(header):
            raise FileError(f"line {number + 1} has {len(row)} of {len(header)} columns.")
        for name, place in places.items():
            text = row[place]
            if text not in texts:
                unpacked += len(text) + _TEXT
            found[name].append(texts.setdefault(text, text))
        unpacked += _NUMBER * (len(taken) + len(places))
        check_size(number, unpacked, bounds)
        if pick is not None:
            try:
                values.extend(map(float, pick(row) if len(taken) > 1 else [pick(row)]))
            except ValueError:
                raise FileError(
                    f"line {number + 1}: {span([header[place] for place in taken])}: "
                    "not all of them are numbers."
                ) from None
    names = [header[place] for place in taken]
    columns: dict[str, object] = {name: _without_points(column) for name, column in found.items()}
    if names:
        columns["embedding"] = np.array(values).reshape(number, len(taken))
    return collected(columns, names, [header[place] for place in ignored])


def _without_points(column: list[str]) -> list[str]:
    """Whole numbers as they are: pandas writes a column of them as floats where it has a gap."""
    different = set(column)
    whole = {text: str(int(float(text))) for text in different if _FLOAT.fullmatch(text)}
    if all(text in whole or labels.known(text) is None for text in different):
        return [whole.get(text, text) for text in column]
    return column
