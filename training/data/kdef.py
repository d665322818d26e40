"""KDEF: 70 people, seven emotions, two sessions, five angles; `AF01ANS.JPG`.

The name tells the session (A or B), the person (F or M and a number), the emotion and the angle
(S straight, HL and HR half left and right, FL and FR full profile), as kdef.se describes it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from training.data.by_name import load_by_name
from training.data.record import Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="KDEF",
    terms=Terms(
        Use.RESEARCH, "non-commercial scientific research, no redistribution of the images"
    ),
    citation="Lundqvist, Flykt, Öhman 1998, The Karolinska Directed Emotional Faces, "
    "ISBN 91-630-7164-9",
)

_EMOTIONS = {
    "NE": "neutral",
    "HA": "happiness",
    "SA": "sadness",
    "SU": "surprise",
    "AN": "anger",
    "DI": "disgust",
    "AF": "fear",
}


def load(folder: Path, angles: Sequence[str] = ("S",)) -> Iterator[Record]:
    """Yields the records of a folder that holds KDEF's files, in a folder a person or flat.

    Args:
        folder: of the set.
        angles: those wanted; the face detector is made for faces seen from the front.

    Raises:
        DataError: if it holds none.
    """
    name = rf"(?P<session>[AB])(?P<subject>[FM]\d\d)(?P<emotion>{'|'.join(_EMOTIONS)})"
    return load_by_name(folder, rf"{name}(?:{'|'.join(angles)})\.jpe?g", _EMOTIONS, "AF01ANS.JPG")
