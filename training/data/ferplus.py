"""FER2013 with FER+ votes: faces in the wild, 48 x 48 grey; emotions, no identities.

Read from an `.npz` with `face` (N, 48, 48) uint8 and `votes` (N, 10), the votes of ten people for
neutral, happiness, surprise and so on, in `VOTE_ORDER`.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from training.data.pixels import as_file
from training.data.record import EMOTIONS, DataError, Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="FER2013 (FER+ labels)",
    terms=Terms(
        Use.RESEARCH,
        "images collected from the web, no clear licence: research only; FER+ labels MIT",
    ),
    citation="Goodfellow et al. 2013, Challenges in representation learning; Barsoum, Zhang, "
    "Canton Ferrer, Zhang 2016, Training deep networks for facial expression recognition",
)

VOTE_ORDER = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "not a face",
)


def load(file: Path) -> Iterator[Record]:
    """Yields the records of one split's file, each with the emotion that got most votes, and votes.

    A face that got most votes for something else is left out: without a name and without one of
    `EMOTIONS` it teaches nothing.

    Raises:
        DataError: if the file is absent or has other arrays.
    """
    try:
        with np.load(file) as arrays:
            faces, votes = arrays["face"], arrays["votes"]
    except (OSError, KeyError, ValueError):
        raise DataError(f"{file} is no .npz with the arrays 'face' and 'votes'.") from None
    ours = votes[:, [VOTE_ORDER.index(emotion) for emotion in EMOTIONS]].tolist()
    ballots = votes.tolist()
    for index, winner in enumerate(votes.argmax(axis=1)):
        if (emotion := VOTE_ORDER[winner]) in EMOTIONS:
            read = partial(as_file, faces[index])
            own, whole = tuple(ours[index]), tuple(ballots[index])
            yield Record(f"{file.stem}/{index}", read, emotion, votes=own, ballot=whole)
