"""What animated faces were made of, and so on what terms: free portraits, or somebody's own."""

import json
from collections.abc import Iterator
from pathlib import Path

from training.data import manifest
from training.data.record import DataError, Record, SetInfo
from training.data.terms import Terms, Use

FREE = ("frl", "young-adults", "composites", "cc0")
"""Sets of portraits from which anyone may make faces for any use."""

INFO = SetInfo(
    name="animated faces",
    terms=Terms(
        Use.ANY,
        "CC BY 4.0 (portraits: FRL London, Young Adult White Faces, webmorphR's averaged faces), "
        "CC0 1.0 (other portraits), MIT (the head)",
        licence="made from FRL London, Young Adult White Faces and webmorphR's averaged faces, "
        "all CC BY 4.0, with the head ICT-FaceKit, MIT",
    ),
    citation="animated by FaceVeil (faceveil animate) from DeBruine, Jones 2017, "
    "doi:10.6084/m9.figshare.5047666; DeBruine, Jones 2017, doi:10.6084/m9.figshare.4220517; "
    "DeBruine 2016, doi:10.6084/m9.figshare.4055130; and CC0 portraits, with the head of Li et al. "
    "2020, Learning Formation of Physically-Based Face Attributes (ICT-FaceKit)",
)
"""Of faces made from the free sets. Those made from one's own portraits are one's own faces."""

ORIGIN = "origin.json"
"""Beside a set's manifest: which sets it was made from, and how."""


def load(folder: Path) -> Iterator[Record]:
    """Yields the records of a set that was made from free portraits alone.

    Raises:
        DataError: if it was made from others, or is none that `faceveil animate` wrote.
    """
    file = folder / ORIGIN
    try:
        made_from = set(json.loads(file.read_text("utf-8"))["sets"])
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{folder} is no set that faceveil animate wrote: {file} says nothing."
        ) from None
    if not made_from or made_from - set(FREE):
        raise DataError(
            f"{folder} was made from your own portraits. Train on it as on your own faces: "
            f"--data {folder} --sets own"
        )
    return manifest.load(folder)
