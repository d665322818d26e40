"""JAFFE: 213 pictures of 10 women, `KA.AN1.39.tiff` is subject KA, anger, take 1."""

import re
from collections.abc import Iterator
from pathlib import Path

from training.data.record import DataError, Record, SetInfo

INFO = SetInfo(
    name="JAFFE",
    terms="non-commercial scientific research, no redistribution of the images",
    citation="Lyons, Akamatsu, Kamachi, Gyoba 1998, Coding facial expressions with Gabor wavelets",
)

_NAME = re.compile(r"(?P<subject>[A-Z]{2})\.(?P<emotion>[A-Z]{2})\d\.\d+\.tiff?", re.IGNORECASE)
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
    found = False
    for path in sorted(folder.glob("*")):
        if name := _NAME.fullmatch(path.name):
            found = True
            emotion = _EMOTIONS[name["emotion"].upper()]
            yield Record(path.name, path.read_bytes, emotion, name["subject"].upper())
    if not found:
        raise DataError(f"{folder} holds no files named as JAFFE's are (KA.AN1.39.tiff).")
