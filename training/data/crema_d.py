"""CREMA-D, frames of its films: 91 actors, `1001_DFA_ANG_XX-0040.jpg`.

The fields are actor, sentence, intended emotion and its level (LO, MD, HI, XX unspecified), as
github.com/CheyneyComputerScience/CREMA-D names its clips; whatever follows them names the frame. A
clip is a session. There is no surprise.
"""

from collections.abc import Iterator
from pathlib import Path

from training.data.by_name import IMAGE, load_by_name
from training.data.record import Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="CREMA-D",
    terms=Terms(Use.ANY, "Open Database License 1.0", licence="Open Database License 1.0"),
    citation="Cao, Cooper, Keutmann, Gur, Nenkova, Verma 2014, CREMA-D, "
    "doi:10.1109/TAFFC.2014.2336244",
)

_EMOTIONS = {
    "NEU": "neutral",
    "HAP": "happiness",
    "SAD": "sadness",
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
}
_NAME = (
    r"(?P<subject>1\d{3})_"
    rf"(?P<session>[A-Z]{{3}}_(?P<emotion>{'|'.join(_EMOTIONS)})_(?:LO|MD|HI|XX?))"
    rf"(?:[^A-Z].*)?{IMAGE}"
)


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a folder that holds frames named after their clips.

    Raises:
        DataError: if it holds none.
    """
    return load_by_name(folder, _NAME, _EMOTIONS, "1001_DFA_ANG_XX-0040.jpg")
