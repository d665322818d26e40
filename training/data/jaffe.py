"""JAFFE: 213 pictures of 10 women, `KA.AN1.39.tiff` is subject KA, anger, take 1."""

from collections.abc import Iterator
from pathlib import Path

from training.data.by_name import load_by_name
from training.data.record import Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="JAFFE",
    terms=Terms(
        Use.RESEARCH, "non-commercial scientific research, no redistribution of the images"
    ),
    citation="Lyons, Akamatsu, Kamachi, Gyoba 1998, Coding facial expressions with Gabor wavelets",
)

_NAME = r"(?P<subject>[A-Z]{2})\.(?P<emotion>[A-Z]{2})\d\.\d+\.tiff?"
_EMOTIONS = {
    "NE": "neutral",
    "HA": "happiness",
    "SA": "sadness",
    "SU": "surprise",
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
}


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a folder of JAFFE's files.

    Raises:
        DataError: if it holds none.
    """
    return load_by_name(folder, _NAME, _EMOTIONS, "KA.AN1.39.tiff")
