"""Labeled Faces in the Wild: a folder a person; identities, no emotions."""

from collections.abc import Iterator
from pathlib import Path

from training.data.record import DataError, Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="LFW",
    terms=Terms(
        Use.RESEARCH, "public benchmark of news photographs, no licence stated: research only"
    ),
    citation="Huang, Ramesh, Berg, Learned-Miller 2007, Labeled Faces in the Wild",
)


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of the set's folder.

    Raises:
        DataError: if it holds none.
    """
    found = False
    for path in sorted(folder.glob("*/*.jpg")):
        found = True
        yield Record(f"{path.parent.name}/{path.name}", path.read_bytes, None, path.parent.name)
    if not found:
        raise DataError(f"{folder} holds no PERSON/*.jpg.")
