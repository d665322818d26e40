"""`.parquet` files: the list column `embedding`, or a column a dimension."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from faceveil import labels
from faceveil.featurefile.columns import (
    LABELS,
    Bounds,
    Columns,
    FileError,
    NotInstalledError,
    check_size,
    collected,
    itemsize,
    must_have,
)
from faceveil.featurefile.dimensions import split
from faceveil.featurefile.text import Part
from faceveil.installation import how_to_add

_MAGIC = b"PAR1"


def read(file: BinaryIO, bounds: Bounds, chosen: str | None = None) -> Columns:
    """The labels, and the columns that are the embedding; others are not even unpacked.

    Raises:
        NotInstalledError: where pyarrow is not installed.
        FileError: where it is no such file, a bound is passed, or no dimensions are found.
    """
    parquet = _arrow_for("reading").parquet
    try:
        _check_footer(file, bounds)
        schema = parquet.ParquetFile(file).schema_arrow
        taken, ignored = _dimensions(schema.names, bounds, chosen)
        present = [name for name in schema.names if name in LABELS]
        _check_types(schema, present, taken)
        file.seek(0)
        # As dictionaries, so that a label that occurs often is in memory once.
        opened = parquet.ParquetFile(file, read_dictionary=present)
        _check_size(opened, {*present, *taken}, bounds)
        table = opened.read([*present, *taken], use_threads=False)
        for name in present:
            _check_labels(name, table.column(name))
        found = {name: _in_utc(table.column(name)).to_pylist() for name in present}
        if taken == ["embedding"]:
            found["embedding"] = _rows(table.column("embedding"))
        elif taken:
            found["embedding"] = _table([table.column(name) for name in taken])
    except (FileError, MemoryError):
        raise
    except Exception as problem:  # Arrow's own, and those of what it calls
        raise FileError("this is no Parquet file of features.") from problem
    return collected(found, [] if taken == ["embedding"] else taken, ignored)


def write(parts: Iterable[Part], names: Sequence[str]) -> Iterator[bytes]:
    """A `.parquet` file piece by piece: the labels, and the list column `embedding`.

    Raises:
        NotInstalledError: at the call, where pyarrow is not installed.
    """
    pyarrow = _arrow_for("writing")
    fields = [(name, pyarrow.string()) for name in names]
    schema = pyarrow.schema([*fields, ("embedding", pyarrow.list_(pyarrow.float32()))])

    def pieces() -> Iterator[bytes]:
        sink = _Sink()
        with pyarrow.parquet.ParquetWriter(sink, schema) as writer:
            for columns, embedding in parts:
                named = {name: list(columns[name]) for name in names}
                named["embedding"] = list(embedding)
                writer.write_table(pyarrow.table(named, schema=schema))
                yield sink.taken()
        yield sink.taken()

    return pieces()


def _arrow_for(what: str) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as problem:
        raise NotInstalledError(
            f"{what} Parquet needs pyarrow. {how_to_add('parquet')}"
        ) from problem
    return pyarrow


def _check_footer(file: BinaryIO, bounds: Bounds) -> None:
    """Before Arrow believes it: a forged one has it take gigabytes."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - len(_MAGIC) - 4))
    end = file.read()
    length = int.from_bytes(end[:4], "little")
    if end[4:] != _MAGIC or length > size or length > bounds.footer:
        raise FileError("this is no Parquet file of features.")
    file.seek(0)


def _dimensions(
    names: list[str], bounds: Bounds, chosen: str | None
) -> tuple[list[str], list[str]]:
    """Columns that are the embedding, and those that are nothing."""
    if len(names) > bounds.columns:
        raise FileError(f"the file has more than the {bounds.columns} columns that one may have.")
    if "embedding" in names:
        if chosen is not None:
            raise FileError("the file has one column `embedding`, and no others to choose from.")
        others = [name for name in names if name not in ("embedding", *LABELS)]
        return ["embedding"], others
    must_have("subject", names)
    taken, ignored = split(names, chosen)
    return [names[place] for place in taken], [names[place] for place in ignored]


def _check_types(schema: Any, present: list[str], taken: list[str]) -> None:
    from pyarrow import types

    for name in present:
        kind = schema.field(name).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        kinds = ("string", "large_string", "binary", "integer", "floating", "timestamp", "null")
        if not any(getattr(types, f"is_{one}")(kind) for one in kinds):
            raise FileError(f"`{name}` must hold texts, whole numbers or moments.")
    for name in taken:
        kind = schema.field(name).type
        kind = kind.value_type if name == "embedding" and _is_list(kind) else kind
        if not (types.is_floating(kind) or types.is_integer(kind)):
            raise FileError(f"`{name}` holds no numbers, and is no label.")


def _is_list(kind: Any) -> bool:
    from pyarrow import types

    found: bool = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return found


def _check_size(opened: Any, wanted: set[str], bounds: Bounds) -> None:
    """Before anything is unpacked: a few bytes can stand for billions of equal values."""
    meta = opened.metadata
    unpacked = 0
    for group in range(meta.num_row_groups):
        for place in range(meta.num_columns):
            one = meta.row_group(group).column(place)
            path = one.path_in_schema  # a name may have dots too; those of a list are its own
            if path in wanted or path.partition(".")[0] in wanted:
                value = 4 if one.physical_type == "FLOAT" else 8
                unpacked += max(value * one.num_values, one.total_uncompressed_size)
    check_size(meta.num_rows, unpacked, bounds)


def _check_labels(name: str, column: Any) -> None:
    from pyarrow import compute, types

    if types.is_dictionary(column.type):
        for chunk in column.chunks:
            longest = compute.max(compute.binary_length(chunk.dictionary)).as_py()
            if (longest or 0) > 4 * labels.LONGEST:
                raise FileError(f"`{name}` has a label of more than {labels.LONGEST} characters.")


def _in_utc(column: Any) -> Any:
    """A column of moments in the one time zone that is loaded; any other as it is."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(pyarrow.timestamp(column.type.unit, "UTC"))
    return column


def _rows(column: Any) -> Any:
    """(N, D) of a column of lists."""
    from pyarrow import compute

    if not _is_list(column.type):
        raise FileError("`embedding` holds no lists of numbers.")
    lengths = compute.unique(compute.list_value_length(column)).to_pylist()
    if len(lengths) > 1 or None in lengths:
        raise FileError("`embedding` has rows of different lengths.")
    return compute.list_flatten(column).to_numpy().reshape(len(column), -1)


def _table(columns: list[Any]) -> Any:
    """(N, D) of a column a dimension; what is null is no number."""
    arrays = [column.to_numpy() for column in columns]
    size = max(itemsize(array.dtype) for array in arrays)
    return np.stack([array.astype(f"f{size}") for array in arrays], axis=1)


class _Sink(io.RawIOBase):
    """Takes what is written to it and hands it on."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._at += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What came since the last time."""
        taken, self._pieces = b"".join(self._pieces), []
        return taken
