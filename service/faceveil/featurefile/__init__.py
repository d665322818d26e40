"""Files of features: `.npz`, `.csv` and `.parquet`, read within bounds, and written.

`.npz` has the arrays `embedding` (N, D), `subject` (N,), and optionally others of (N,) or of one
value. `.csv` has a header line; its dimensions are numbered columns such as `e0, e1, ...`, or those
that the caller chooses. `.parquet` is like either: one list column `embedding`, or a column
a dimension. A label that is empty, or NaN, is unknown.
"""

from pathlib import Path
from typing import BinaryIO

from faceveil.featurefile import arrays, parquet, text
from faceveil.featurefile.arrays import write as npz
from faceveil.featurefile.columns import (
    LABELS,
    UNBOUNDED,
    Bounds,
    Columns,
    FileError,
    NotInstalledError,
    check_values,
    collected,
)
from faceveil.featurefile.dimensions import listed, span
from faceveil.featurefile.parquet import write as write_parquet
from faceveil.featurefile.text import Part
from faceveil.featurefile.text import write as write_csv

__all__ = [
    "CSV_TYPE",
    "LABELS",
    "PARQUET_TYPE",
    "UNBOUNDED",
    "Bounds",
    "Columns",
    "FileError",
    "NotInstalledError",
    "Part",
    "check_values",
    "collected",
    "listed",
    "npz",
    "read",
    "read_path",
    "span",
    "write_csv",
    "write_parquet",
]

PARQUET_TYPE = "application/vnd.apache.parquet"
CSV_TYPE = "text/csv; charset=utf-8"


def read(
    file: BinaryIO, suffix: str, bounds: Bounds = UNBOUNDED, chosen: str | None = None
) -> Columns:
    """What a file holds.

    Args:
        file: open for reading, and for seeking.
        suffix: its kind, as `.npz`.
        bounds: what is refused before it is unpacked.
        chosen: which columns of a table are dimensions, as `dimensions.split` takes it.

    Raises:
        FileError: where it is none of the three kinds, or not what its suffix says, or too large.
    """
    match suffix.lower():
        case ".npz":
            if chosen is not None:
                raise FileError("an .npz file has one array `embedding`, and no columns to choose.")
            return arrays.read(file, bounds)
        case ".csv":
            return text.read(file, bounds, chosen)
        case ".parquet":
            return parquet.read(file, bounds, chosen)
        case _:
            raise FileError("features come as .npz, .csv or .parquet.")


def read_path(path: Path, chosen: str | None = None) -> Columns:
    """What a file of one's own holds; the file's name stands before what is wrong with it.

    Raises:
        FileError: as `read` does, and where there is no such file.
    """
    if not path.is_file():
        raise FileError(f"{path.name}: there is no such file.")
    try:
        with path.open("rb") as file:
            return read(file, path.suffix, chosen=chosen)
    except NotInstalledError as problem:
        raise NotInstalledError(f"{path.name}: {problem}") from problem
    except FileError as problem:
        raise FileError(f"{path.name}: {problem}") from problem
