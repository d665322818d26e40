"""CK+ cut to 48 x 48 pixels, as it is passed around: folders of PNG, or a CSV file.

The folders are named after the emotions and hold each labelled sequence's last three frames,
`anger/S010_004_00000019.png` (981 images, no neutral ones; kaggle.com/datasets/shawon10/ckplus).
The CSV file, `ckextended.csv`, has the columns emotion, pixels, Usage, 920 rows of a frame each, in
the order 0 anger, 1 disgust, 2 fear, 3 happiness, 4 sadness, 5 surprise, 6 neutral, 7 contempt; it
does not tell people. Contempt has no emotion here.
"""

import csv
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from training.data import ckplus
from training.data.emotions import emotion_of, is_emotion
from training.data.pixels import as_file
from training.data.record import DataError, Record, SetInfo

INFO = SetInfo(name="CK+ 48", terms=ckplus.INFO.terms, citation=ckplus.INFO.citation)

SIDE = 48

_ORDER = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", None)
_NAME = re.compile(r"(?P<subject>S\d{3})_(?P<session>\d{3})_\d+\.png", re.IGNORECASE)


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of the folders by emotion, or else of the folder's one CSV file.

    Raises:
        DataError: if there is neither, or the CSV file has other columns or values.
    """
    found = False
    for path in sorted(folder.glob("*/*")):
        name = _NAME.fullmatch(path.name)
        if name and is_emotion(path.parent.name):
            found = True
            yield Record(
                path.relative_to(folder).as_posix(),
                path.read_bytes,
                emotion_of(path.parent.name),
                name["subject"].upper(),
                name["session"],
            )
    if found:
        return
    tables = list(folder.glob("*.csv"))
    if len(tables) != 1:
        raise DataError(f"{folder} holds neither anger/S010_004_00000019.png nor one CSV file.")
    yield from _from_csv(tables[0])


def _from_csv(table: Path) -> Iterator[Record]:
    with table.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            try:
                emotion = _ORDER[int(row["emotion"])]
                pixels = np.array(row["pixels"].split(), np.uint8).reshape(SIDE, SIDE)
            except (KeyError, IndexError, ValueError, OverflowError):
                raise DataError(
                    f"{table}, row {number + 1}: needs emotion, 0 to {len(_ORDER) - 1}, and "
                    f"pixels, {SIDE * SIDE} grey levels."
                ) from None
            yield Record(f"{table.stem}/{number}", partial(as_file, pixels), emotion)
