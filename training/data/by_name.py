"""Sets whose file names tell everything, as many publishers do it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from training.data.record import DataError, Record

IMAGE = r"\.(?:jpe?g|png|bmp|webp|tiff?)"
"""Pattern of an image file's suffix."""


def load_by_name(
    folder: Path, pattern: str, emotions: Mapping[str, str], example: str
) -> Iterator[Record]:
    """Yields the records of the files, at any depth, whose names fit a pattern.

    Args:
        folder: of the set.
        pattern: of a whole file name, in either case, with the groups `subject` and `emotion`, and
            `session` where the name tells it.
        emotions: what the group `emotion`, in capitals, means; a code that is not among them gives
            a record without an emotion.
        example: such a name, for the error.

    Raises:
        DataError: if no file's name fits.
    """
    names = re.compile(pattern, re.IGNORECASE)
    found = False
    for path in sorted(folder.rglob("*")):
        if name := names.fullmatch(path.name):
            found = True
            told = {field: text.upper() for field, text in name.groupdict().items()}
            yield Record(
                path.relative_to(folder).as_posix(),
                path.read_bytes,
                emotions.get(told["emotion"]),
                told["subject"],
                told.get("session"),
            )
    if not found:
        raise DataError(f"{folder} holds no files named as this set's are ({example}).")
