"""FERG-DB: 55,767 renderings of six cartoon characters, `aia/aia_anger/aia_anger_12.png`.

The layout is that of the publisher's `FERG_DB_256` (grail.cs.washington.edu/projects/deepexpr).
"""

from collections.abc import Iterator
from pathlib import Path

from training.data.by_name import load_by_name
from training.data.record import Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="FERG-DB",
    terms=Terms(
        Use.RESEARCH, "research use, on request from its authors, no redistribution of the images"
    ),
    citation="Aneja, Colburn, Faigin, Shapiro, Mones 2016, Modeling stylized character expressions "
    "via deep learning",
)

_EMOTIONS = {
    "NEUTRAL": "neutral",
    "JOY": "happiness",
    "SADNESS": "sadness",
    "SURPRISE": "surprise",
    "ANGER": "anger",
    "DISGUST": "disgust",
    "FEAR": "fear",
}
_NAME = rf"(?P<subject>[A-Z]+)_(?P<emotion>{'|'.join(_EMOTIONS)})_\d+\.png"


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a folder that holds FERG's files.

    Raises:
        DataError: if it holds none.
    """
    return load_by_name(folder, _NAME, _EMOTIONS, "aia_anger_12.png")
