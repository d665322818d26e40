"""Free portraits of people who smile or show nothing: real faces that anyone may learn from.

The list beside this file says which portraits of the folder `open` show what. MediaPipe's face
landmarker, which its makers trained on pictures of their own, saw a smile (the mean of its scores
of both sides) of more than 0.5 in those called happy, and of less than 0.15 with a closed mouth in
those called neutral.
"""

import csv
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from training.data.animated.origin import is_held_out
from training.data.record import DataError, Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="free portraits",
    terms=Terms(
        Use.ANY,
        "CC BY 4.0 (Young Adult White Faces, webmorphR's averaged faces), CC0 1.0 (portraits of "
        "photographers), public domain (official portraits of the US Congress)",
        licence="Young Adult White Faces and webmorphR's averaged faces, both CC BY 4.0",
    ),
    citation="DeBruine, Jones 2017, doi:10.6084/m9.figshare.4220517; DeBruine 2016, "
    "doi:10.6084/m9.figshare.4055130; CC0 portraits; official portraits of members of the US "
    "Congress",
)

_ANIMATED = {"canada": "young-adults", "composite": "composites", "cc0": "cc0"}
"""Folders to the sets as animated faces name them."""


def load(folder: Path) -> Iterator[Record]:
    """Yields the portraits of the list, without names: nobody is in it twice.

    People who are held out of the animated faces are left out here too.

    Raises:
        DataError: if one of them is not there.
    """
    text = files("training.data").joinpath("portraits.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        path = folder / row["image"]
        if not path.exists():
            raise DataError(f"{INFO.name}: {path} is not there.")
        animated = _ANIMATED.get(path.parent.name)
        if animated is None or not is_held_out(f"{animated}-{path.stem}"):
            yield Record(row["image"], path.read_bytes, row["emotion"])
