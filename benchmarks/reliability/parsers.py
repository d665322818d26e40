"""The parsers of strangers' bytes that are written in Python, and what each may do with them."""

import io
from collections.abc import Callable

from faceveil.featurefile import Bounds, FileError, read
from faceveil.problems import PictureTooCostly
from faceveil.vision.structure import check_structure

_BOUNDS = Bounds(rows=1000, unpacked=2**24)


def one_input(parser: str) -> Callable[[bytes], None]:
    """What `structure`, or the reader of a suffix, does with an input; refusals are no faults."""

    def structure(data: bytes) -> None:
        try:
            check_structure(data)
        except PictureTooCostly:
            return

    def file(data: bytes) -> None:
        try:
            read(io.BytesIO(data), f".{parser}", _BOUNDS)
        except (FileError, MemoryError):  # a confined reader ends of the latter
            return

    return structure if parser == "structure" else file
