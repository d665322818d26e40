"""Files of features: `.npz`, `.csv` and `.parquet`, read within bounds, and written.

`.npz` has the arrays `embedding` (N, D), `subject` (N,), and optionally others of (N,) or of one
value. `.csv` has a header line; every column that is no label is a dimension of the embedding, in
the file's order. `.parquet` is like either: one list column `embedding`, or a column a dimension.
"""

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

LABELS = ("subject", "emotion", "session", "model", "level", "captured_at", "stored_at", "id")
"""Columns that are no dimension of an embedding."""

PARQUET_TYPE = "application/vnd.apache.parquet"
CSV_TYPE = "text/csv; charset=utf-8"


class FileError(ValueError):
    """The file cannot be read; the message is a sentence for whoever supplied it."""


class NotInstalledError(FileError):
    """Reading or writing it needs an extra that is not installed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a file may unpack to.

    Attributes:
        rows: most embeddings.
        unpacked: most bytes in memory.
    """

    rows: int
    unpacked: int


UNBOUNDED = Bounds(2**62, 2**62)
"""For files of one's own."""

LONGEST_LABEL = 1024
"""Characters; a few bytes of Parquet can stand for millions of copies of a long one."""

_NUMBER = 8
"""Bytes that a number takes once it is read, whatever it took in the file."""

_CELL = 60
"""Bytes that a cell of a `.csv` file takes beside its characters."""


def read(file: BinaryIO, suffix: str, bounds: Bounds = UNBOUNDED) -> dict[str, Any]:
    """The columns of a file by name; `embedding` among them is (N, D), where there is any.

    Args:
        file: open for reading, and for seeking.
        suffix: its kind, as `.npz`.
        bounds: what is refused before it is unpacked.

    Raises:
        FileError: where it is none of the three kinds, or not what its suffix says, or too large.
    """
    readers = {".npz": _read_npz, ".csv": _read_csv, ".parquet": _read_parquet}
    reader = readers.get(suffix.lower())
    if reader is None:
        raise FileError("features come as .npz, .csv or .parquet.")
    return reader(file, bounds)


def _read_npz(file: BinaryIO, bounds: Bounds) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as member:
                    _check_header(member, bounds)
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except FileError:
        raise
    except Exception as problem:  # of zip, of each way to compress, of numpy: there are many
        raise FileError("this is no .npz file of plain arrays.") from problem


def _check_header(member: IO[bytes], bounds: Bounds) -> None:
    """Before the array behind it is unpacked."""
    version = np.lib.format.read_magic(member)
    reader = {(1, 0): np.lib.format.read_array_header_1_0}.get(
        version, np.lib.format.read_array_header_2_0
    )
    shape, _, kind = reader(member)
    if kind.kind not in "fiubUSM":
        raise FileError("this is no .npz file of plain arrays of numbers and labels.")
    size = math.prod(shape)
    _check(shape[0] if shape else 1, size * max(kind.itemsize, _NUMBER), bounds)
    if kind.kind in "US" and kind.itemsize > 4 * LONGEST_LABEL:
        raise FileError(f"a label has more than {LONGEST_LABEL} characters.")


def _read_csv(file: BinaryIO, bounds: Bounds) -> dict[str, Any]:
    rows: list[list[str]] = []
    unpacked = 0
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        for row in csv.reader(text):
            if row:
                rows.append(row)
                unpacked += sum(map(len, row)) + _CELL * len(row)
                _check(len(rows) - 1, unpacked, bounds)
        header, *rows = rows
    except (UnicodeDecodeError, csv.Error, ValueError) as problem:
        if isinstance(problem, FileError):
            raise
        raise FileError("this is no .csv file with a header line.") from problem
    finally:
        text.detach()  # the file is its opener's to close
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise FileError(f"line {number} has {len(row)} of {len(header)} columns.")
    return _table(header, [list(column) for column in zip(*rows, strict=True)])


def _read_parquet(file: BinaryIO, bounds: Bounds) -> dict[str, Any]:
    try:
        from pyarrow import parquet
    except ImportError as problem:
        raise NotInstalledError(
            "reading Parquet needs pyarrow; install `faceveil[parquet]`."
        ) from problem
    try:
        schema = parquet.ParquetFile(file).schema_arrow
        labels = [name for name in schema.names if name in LABELS]
        _check_types(schema)
        file.seek(0)
        # As dictionaries, so that a label that occurs often is in memory once.
        opened = parquet.ParquetFile(file, read_dictionary=labels)
        _check_size(opened, bounds)
        table = opened.read()
        for name in labels:
            _check_labels(name, table.column(name))
        return _table(table.column_names, [_column(column) for column in table.columns])
    except FileError:
        raise
    except Exception as problem:  # Arrow's own, and those of what it calls
        raise FileError("this is no Parquet file of features.") from problem


def _check_types(schema: Any) -> None:
    from pyarrow import types

    for field in schema:
        if field.name in LABELS:
            kind = field.type.value_type if types.is_dictionary(field.type) else field.type
            if not (types.is_string(kind) or types.is_integer(kind)):
                raise FileError(f"`{field.name}` must hold strings or integers.")
            continue
        kind = field.type.value_type if types.is_list(field.type) else field.type
        if not (types.is_floating(kind) or types.is_integer(kind)):
            raise FileError(f"`{field.name}` holds no numbers, and is no label.")


def _check_size(opened: Any, bounds: Bounds) -> None:
    """Before anything is unpacked: a few bytes can stand for billions of equal values."""
    meta = opened.metadata
    chunks = [
        meta.row_group(group).column(number)
        for group in range(meta.num_row_groups)
        for number in range(meta.num_columns)
    ]
    unpacked = sum(max(_NUMBER * one.num_values, one.total_uncompressed_size) for one in chunks)
    _check(meta.num_rows, unpacked, bounds)


def _check_labels(name: str, column: Any) -> None:
    from pyarrow import compute, types

    if types.is_dictionary(column.type):
        for chunk in column.chunks:
            longest = compute.max(compute.binary_length(chunk.dictionary)).as_py()
            if (longest or 0) > LONGEST_LABEL:
                raise FileError(f"`{name}` has a label of more than {LONGEST_LABEL} characters.")


def _column(column: Any) -> Any:
    """Labels as a list, numbers as an array; lists of numbers as its rows."""
    from pyarrow import compute, types

    if types.is_list(column.type):
        lengths = compute.unique(compute.list_value_length(column)).to_pylist()
        if len(lengths) > 1 or None in lengths:
            raise FileError("`embedding` has rows of different lengths.")
        values = compute.list_flatten(column).to_numpy()
        return values.reshape(len(column), -1)
    return column.to_numpy() if types.is_primitive(column.type) else column.to_pylist()


def _check(rows: int, unpacked: int, bounds: Bounds) -> None:
    if rows > bounds.rows:
        raise FileError(f"the file has more than the {bounds.rows} rows that are accepted here.")
    if unpacked > bounds.unpacked:
        raise FileError(
            f"the file unpacks to more than the {bounds.unpacked} bytes that are accepted here."
        )


def _table(header: Sequence[str], columns: Sequence[Any]) -> dict[str, Any]:
    named = dict(zip(header, columns, strict=False))
    found = {name: named.pop(name) for name in LABELS if name in named}
    if "embedding" in named:
        found["embedding"] = named["embedding"]
    elif named:
        found["embedding"] = list(zip(*named.values(), strict=True))
    return found


def read_path(path: Path) -> dict[str, Any]:
    """The columns of a file of one's own; the file's name stands before what is wrong with it.

    Raises:
        FileError: as `read` does, and where there is no such file.
    """
    if not path.is_file():
        raise FileError(f"{path.name}: there is no such file.")
    try:
        with path.open("rb") as file:
            return read(file, path.suffix)
    except NotInstalledError as problem:
        raise NotInstalledError(f"{path.name}: {problem}") from problem
    except FileError as problem:
        raise FileError(f"{path.name}: {problem}") from problem


def npz(columns: Mapping[str, Any]) -> bytes:
    """The columns that are not None as an `.npz` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **{name: column for name, column in columns.items() if column is not None})
    return buffer.getvalue()


Part = tuple[Mapping[str, Sequence[str | None]], NDArray[np.float32]]
"""Rows of a file: labels by column, and embeddings (N, D)."""


def write_csv(parts: Iterable[Part], labels: Sequence[str]) -> Iterator[bytes]:
    """A `.csv` file piece by piece: the labels, then the dimensions as `e0`, `e1`, ..."""
    headed = False
    for columns, embedding in parts:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        if not headed:
            writer.writerow([*labels, *(f"e{number}" for number in range(embedding.shape[1]))])
            headed = True
        rows = zip(*(columns[name] for name in labels), strict=True)
        for row, values in zip(rows, embedding, strict=True):
            writer.writerow([*row, *map(str, values)])
        yield buffer.getvalue().encode()
    if not headed:
        yield (",".join(labels) + "\r\n").encode()


def write_parquet(parts: Iterable[Part], labels: Sequence[str]) -> Iterator[bytes]:
    """A `.parquet` file piece by piece: the labels, and the list column `embedding`.

    Raises:
        NotInstalledError: at the call, where pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as problem:
        raise NotInstalledError(
            "writing Parquet needs pyarrow; install `faceveil[parquet]`."
        ) from problem
    fields = [(name, pyarrow.string()) for name in labels]
    schema = pyarrow.schema([*fields, ("embedding", pyarrow.list_(pyarrow.float32()))])

    def pieces() -> Iterator[bytes]:
        sink = _Sink()
        with parquet.ParquetWriter(sink, schema) as writer:
            for columns, embedding in parts:
                named = {name: list(columns[name]) for name in labels}
                named["embedding"] = list(embedding)
                writer.write_table(pyarrow.table(named, schema=schema))
                yield sink.taken()
        yield sink.taken()

    return pieces()


class _Sink(io.RawIOBase):
    """Takes what is written to it and hands it on."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._kept.append(piece)
        self._at += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What came since the last time."""
        taken, self._kept = b"".join(self._kept), []
        return taken
