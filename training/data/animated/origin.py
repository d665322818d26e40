"""What animated faces were made of, and so on what terms: free portraits, or somebody's own."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
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


_ONE_IN = 8
"""So many people, one is never learned from."""


def load(folder: Path, *, held_out: bool = False) -> Iterator[Record]:
    """Yields the records of sets that were made from free portraits alone.

    Args:
        folder: of one set that `faceveil animate` wrote, or of several, a folder each.
        held_out: whether the pictures of the people are wanted who are never learned from, or
            those of all the others.

    Raises:
        DataError: if one was made from others, or is none that `faceveil animate` wrote.
    """
    places = [folder]
    if not (folder / ORIGIN).exists():
        places = sorted(inner.parent for inner in folder.glob(f"*/{ORIGIN}")) or places
    for place in places:
        _must_be_free(place)
    return (
        replace(record, identifier=(place / record.identifier).relative_to(folder).as_posix())
        for place in places
        for record in manifest.load(place)
        if is_held_out(record.subject or "") == held_out
    )


def is_held_out(subject: str) -> bool:
    """Whether nothing is learned from a person, so that there are strangers to judge on.

    It hangs on the name alone: whoever is held out of one set is so of all.
    """
    return hashlib.sha256(subject.encode()).digest()[0] % _ONE_IN == 0


def _must_be_free(folder: Path) -> None:
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
