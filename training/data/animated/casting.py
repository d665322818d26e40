"""Whose portraits can be moved: a folder of one's own, or sets whose terms say what may be done."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from training.data.animated.fit import Fit
from training.data.animated.head import Array, shipped_head
from training.data.animated.portrait import Portrait, portrait_of
from training.data.manifest import SUFFIXES
from training.data.record import DataError, Record

_LARGEST = 768
"""Pixels to a side of a portrait; a larger one is made smaller."""
_SMALLEST = 24
"""Pixels between the eyes: less has no skin to show."""
_WORST = 0.022
"""Largest error of a fit, as a share of the distance of the eyes: free portraits from the front
have 0.011 to 0.017."""
_TURNED = 25.0
"""Degrees by which a face may be turned aside: of the far cheek too little is seen beyond that."""
_SMILING, _OPEN = 0.45, 0.2
"""Strengths of a smile and of an open jaw from which on a portrait shows teeth or folds that would
stay in each emotion. Nearly all smiling portraits reach them, and none of FRL London's neutral
ones."""


class PointFinder(Protocol):
    """Finds the points of a face, as MediaPipe's landmarker does."""

    def find(self, picture: NDArray[np.uint8]) -> Array | None:
        """MediaPipe's points in a picture, uint8, (h, w, 3); none where no face is."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is shown.

    Attributes:
        portraits: by their subjects.
        left_out: the other pictures, and why each cannot be moved.
    """

    portraits: dict[str, Portrait]
    left_out: dict[str, str]


def own_portraits(folder: Path) -> Iterator[Record]:
    """The pictures of a folder and those below it, by name; a subject is called as its file.

    Raises:
        DataError: if there are none, or two have one name.
    """
    if not folder.is_dir():
        raise DataError(
            f"There is no folder {folder}. Put a neutral portrait of each person in one."
        )
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError(f"{folder} holds no pictures. Put a neutral portrait of each person in it.")
    seen: dict[str, Path] = {}
    for file in files:
        if (other := seen.setdefault(file.stem, file)) is not file:
            raise DataError(f"{other} and {file} would be one person: give them different names.")
        yield Record(file.relative_to(folder).as_posix(), file.read_bytes, None, file.stem)


def cast(
    records: Iterable[Record],
    landmarker: PointFinder,
    people: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Cast:
    """Fits the head to the first portrait of each subject that can be moved.

    Args:
        records: portraits with subjects; those known to show an emotion are passed over.
        landmarker: finds the points of the faces.
        people: most of them; without it, all.
        progress: called with how many are done, and of how many at most.

    Raises:
        DataError: if a file is no picture, or nobody can be moved.
    """
    neutral = [record for record in records if record.emotion in (None, "neutral")]
    found: dict[str, Portrait] = {}
    left_out: dict[str, str] = {}
    total = min(len(neutral), people or len(neutral))
    for record in neutral:
        if people is not None and len(found) == people:
            break
        subject = record.subject or record.identifier
        if subject in found:
            continue
        picture = _picture(record)
        points = landmarker.find(picture)
        if points is None:
            left_out[record.identifier] = "no face was found"
            continue
        portrait = portrait_of(picture, shipped_head(), points)
        if reason := _unfit(portrait.fit):
            left_out[record.identifier] = reason
            continue
        found[subject] = portrait
        progress(len(found), total)
    progress(total, total)
    if not found:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(left_out.items())[:5])
        raise DataError(f"None of the portraits can be moved. {reasons}.")
    return Cast(found, left_out)


def _picture(record: Record) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(record.read())) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        raise DataError(f"{record.identifier} cannot be read as a picture.") from None
    upright.thumbnail((_LARGEST, _LARGEST))
    return np.asarray(upright)


def _unfit(fit: Fit) -> str | None:
    """Why a portrait cannot be moved well; none where it can."""
    if fit.eyes < _SMALLEST:
        return f"the eyes are {fit.eyes:.0f} pixels apart; {_SMALLEST} or more are needed"
    if abs(fit.camera.yaw) > _TURNED:
        return f"the face is turned by {abs(fit.camera.yaw):.0f} degrees; take it from the front"
    if fit.error > _WORST:
        return "the head does not fit the face; is a part of it hidden?"
    own = dict(zip(shipped_head().names, fit.expression.tolist(), strict=True))
    if (own["mouthSmile_L"] + own["mouthSmile_R"]) / 2 > _SMILING or own["jawOpen"] > _OPEN:
        return "the person smiles or speaks; take a neutral face with the mouth closed"
    return None
