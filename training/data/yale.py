"""Yale Face Database: 15 people, `subject04.sad`, GIF files without a suffix.

Only the four emotions are read; the other files vary lighting and glasses.
"""

from collections.abc import Iterator
from pathlib import Path

from training.data.record import DataError, Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="Yale",
    terms=Terms(
        Use.RESEARCH, "research use, not as part of a larger database that is then distributed"
    ),
    citation="Belhumeur, Hespanha, Kriegman 1997, Eigenfaces vs. Fisherfaces",
)

_EMOTIONS = {
    "normal": "neutral",
    "happy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
}


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a folder of Yale's files.

    Raises:
        DataError: if it holds none.
    """
    found = False
    for path in sorted(folder.glob("subject*")):
        parts = path.name.removesuffix(".gif").split(".")
        if len(parts) == 2 and parts[1] in _EMOTIONS:
            found = True
            yield Record(path.name, path.read_bytes, _EMOTIONS[parts[1]], parts[0])
    if not found:
        raise DataError(f"{folder} holds no files named as Yale's are (subject04.sad).")
