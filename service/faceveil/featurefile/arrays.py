"""`.npz` files: arrays by name."""

import io
import math
import zipfile
from collections.abc import Mapping
from typing import IO, Any, BinaryIO

import numpy as np

from faceveil import labels
from faceveil.featurefile.columns import (
    LABELS,
    NAMES,
    Bounds,
    Columns,
    FileError,
    check_size,
    collected,
    itemsize,
)

_SUFFIX = ".npy"
_POINTER = 8
"""Bytes that a label takes beside its characters, at least."""


def read(file: BinaryIO, bounds: Bounds) -> Columns:
    """The arrays that we know of; others are not even unpacked.

    Raises:
        FileError: where it is no such file, or a bound is passed.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            found, ignored = _arrays(archive, bounds)
    except (FileError, MemoryError):
        raise
    except Exception as problem:  # of zip, of each way to compress, of numpy: there are many
        raise FileError("this is no .npz file of plain arrays.") from problem
    names = {name: _names(found.pop(name, ())) for name in NAMES}
    size = sum(found["embedding"].shape[:1]) if "embedding" in found else 0
    rows = {name: [one[()]] * size if one.ndim == 0 else one for name, one in found.items()}
    return collected(
        {name: one if name == "embedding" else _listed(name, one) for name, one in rows.items()},
        names["dimensions"],
        [*names["ignored"], *ignored],
    )


def write(columns: Mapping[str, Any]) -> bytes:
    """The columns that are not None as an `.npz` file; labels that are None are empty texts."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {}
    for name, column in columns.items():
        if column is not None and name in LABELS and not isinstance(column, str | np.ndarray):
            arrays[name] = ["" if label is None else label for label in column]
        elif column is not None:
            arrays[name] = column
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _arrays(archive: zipfile.ZipFile, bounds: Bounds) -> tuple[dict[str, Any], list[str]]:
    """Known arrays by name, and the names of the others."""
    entries = archive.infolist()
    if len(entries) > bounds.entries:
        raise FileError(f"the file has more than the {bounds.entries} arrays that one may have.")
    known: dict[str, zipfile.ZipInfo] = {}
    ignored = []
    for entry in entries:
        name = entry.filename.removesuffix(_SUFFIX)
        if name not in ("embedding", *LABELS, *NAMES):
            ignored.append(name[:64])
        elif name in known:
            raise FileError(f"the array `{name}` is there twice.")
        else:
            known[name] = entry
    unpacked = 0
    for name, entry in known.items():
        with archive.open(entry) as member:
            rows, size = _announced(name, member)
        unpacked += size
        check_size(rows if name not in NAMES else 0, unpacked, bounds)
    found = {}
    for name, entry in known.items():
        with archive.open(entry) as member:
            found[name] = np.lib.format.read_array(member, allow_pickle=False)
    return found, ignored


def _announced(name: str, member: IO[bytes]) -> tuple[int, int]:
    """Rows and bytes of an array, before any of it is unpacked."""
    version = np.lib.format.read_magic(member)
    reader = {(1, 0): np.lib.format.read_array_header_1_0}.get(
        version, np.lib.format.read_array_header_2_0
    )
    shape, _, kind = reader(member)
    if kind.kind == "O":
        raise FileError(
            f"the array `{name}` holds Python objects, which are never unpacked. Write labels as "
            "text (subject.astype(str)), and embeddings as an array of numbers."
        )
    if kind.kind not in "fiubUSM":
        raise FileError("this is no .npz file of plain arrays of numbers and labels.")
    size = math.prod(shape)
    if name == "embedding":
        number = itemsize(kind)
        copied = 0 if kind.kind == "f" and kind.itemsize == number else number
        unpacked = size * (kind.itemsize + copied)
    else:
        unpacked = size * (kind.itemsize + _POINTER)
        if kind.kind in "US" and kind.itemsize > 4 * labels.LONGEST:
            raise FileError(f"a label has more than {labels.LONGEST} characters.")
    return shape[0] if shape else 1, max(unpacked, size)


def _listed(name: str, column: Any) -> Any:
    if isinstance(column, list):
        return column
    if column.ndim != 1:
        raise FileError(f"`{name}` must have the shape (samples,), not {column.shape}.")
    # Moments stay numpy's: `tolist` makes whole numbers of nanoseconds of them.
    return list(column) if column.dtype.kind == "M" else column.tolist()


def _names(column: Any) -> list[str]:
    return [str(name) for name in np.asarray(column).reshape(-1).tolist()]
