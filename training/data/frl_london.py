"""Face Research Lab London Set: 102 people, in folders `neutral_front` and `smiling_front`."""

from collections.abc import Iterator
from pathlib import Path

from training.data.record import DataError, Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="FRL London",
    terms=Terms(Use.ANY, "CC BY 4.0", licence="CC BY 4.0"),
    citation="DeBruine, Jones 2017, Face Research Lab London Set, doi:10.6084/m9.figshare.5047666",
)

_FOLDERS = {"neutral_front": "neutral", "smiling_front": "happiness"}


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of the set's folder.

    Raises:
        DataError: if it holds none.
    """
    found = False
    for pose, emotion in _FOLDERS.items():
        for path in sorted((folder / pose).glob("*.jpg")):
            found = True
            yield Record(f"{pose}/{path.name}", path.read_bytes, emotion, path.name.split("_")[0])
    if not found:
        raise DataError(f"{folder} holds no neutral_front/*.jpg or smiling_front/*.jpg.")
