"""RAVDESS, frames of its films: 24 actors, `03-01-06-01-02-01-12-0040.jpg`.

The seven fields are modality, channel, emotion, intensity, statement, repetition and actor (the
naming convention at zenodo.org/records/1188976); whatever follows them names the frame. A clip is a
session, and its two modalities with a picture are one recording. `calm` (02) was recorded as a
second baseline next to `neutral` (01), which at times looks negative, and may look mildly positive
(Livingstone, Russo 2018): another expression, so it has no emotion here.
"""

from collections.abc import Iterator
from pathlib import Path

from training.data.by_name import IMAGE, load_by_name
from training.data.record import Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="RAVDESS",
    terms=Terms(Use.RESEARCH, "CC BY-NC-SA 4.0", licence="CC BY-NC-SA 4.0"),
    citation="Livingstone, Russo 2018, The Ryerson Audio-Visual Database of Emotional Speech and "
    "Song, doi:10.1371/journal.pone.0196391",
)

_NAME = (
    r"0[1-3]-(?P<session>0[12]-(?P<emotion>0[1-8])-0[12]-0[12]-0[12])-(?P<subject>\d\d)"
    rf"(?:\D.*)?{IMAGE}"
)
_EMOTIONS = {
    "01": "neutral",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a folder that holds frames named after their clips.

    Raises:
        DataError: if it holds none.
    """
    return load_by_name(folder, _NAME, _EMOTIONS, "03-01-06-01-02-01-12-0040.jpg")
