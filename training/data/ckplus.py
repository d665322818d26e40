"""CK+, the full tree: 593 sequences of 123 people, from a neutral face to the peak of an emotion.

Laid out as its distribution's README (28 September 2010) says: the frames are
`cohn-kanade-images/S005/001/S005_001_00000011.png`, and a sequence that fits a prototype (327 do)
has one file `Emotion/S005/001/*_emotion.txt` with the number of its last frame's emotion. The first
frame is neutral. The last three frames carry the peak's label: the usual choice, which the
48-pixel edition made too (981 images are three times 327). A sequence is a session.
"""

from collections.abc import Iterator
from pathlib import Path

from training.data.record import DataError, Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="CK+",
    terms=Terms(
        Use.RESEARCH,
        "non-commercial research, by agreement with its authors, no redistribution of the images",
    ),
    citation="Lucey, Cohn, Kanade, Saragih, Ambadar, Matthews 2010, The Extended Cohn-Kanade "
    "Dataset (CK+)",
)

PEAK_FRAMES = 3

_EMOTIONS = {
    0: "neutral",
    1: "anger",
    2: None,  # contempt
    3: "disgust",
    4: "fear",
    5: "happiness",
    6: "sadness",
    7: "surprise",
}


def load(folder: Path) -> Iterator[Record]:
    """Yields each sequence's first and last frames; no label where it has none, or contempt.

    Raises:
        DataError: if the folder holds no sequences, or a label is none of 0 to 7.
    """
    found = False
    for sequence in sorted((folder / "cohn-kanade-images").glob("S*/*/")):
        subject, session = sequence.parts[-2:]
        emotion = _peak_emotion(folder / "Emotion" / subject / session)
        frames = sorted(sequence.glob("*.png"))
        found = found or bool(frames)
        labelled: list[tuple[Path, str | None]] = [(path, "neutral") for path in frames[:1]]
        labelled += [(path, emotion) for path in frames[1:][-PEAK_FRAMES:]]
        for path, label in labelled:
            name = path.relative_to(folder).as_posix()
            yield Record(name, path.read_bytes, label, subject, session)
    if not found:
        raise DataError(f"{folder} holds no cohn-kanade-images/S005/001/*.png.")


def _peak_emotion(folder: Path) -> str | None:
    for file in folder.glob("*_emotion.txt"):
        try:
            return _EMOTIONS[int(float(file.read_text()))]  # as "   3.0000000e+00"
        except (KeyError, ValueError):
            raise DataError(f"{file} holds no number of an emotion, 0 to 7.") from None
    return None
