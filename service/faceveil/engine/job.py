"""What the server asks of its workers, and what it gets: nothing here knows how it is done."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import FiniteFloat

from faceveil.problems import (
    NoFace,
    NotAligned,
    PictureTooCostly,
    PictureTooLarge,
    SeveralFaces,
    UnreadableImage,
)
from faceveil.vision.crops import LARGEST, Seen
from faceveil.vision.face import Box
from faceveil.vision.selection import Selection

REFUSALS = (
    UnreadableImage,
    PictureTooLarge,
    PictureTooCostly,
    NotAligned,
    NoFace,
    SeveralFaces,
)
"""The problems that a job may end with."""

Stage = Literal["queue", "decode", "detect", "infer"]
"""What takes time of a job."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a reader is told of a job.

    Attributes:
        data: the file's bytes, or the base64 text of them.
        aligned: whether the image is an aligned crop already.
        level: privacy level, one of the card's.
        queued_at: when it was ready to be read, by `time.perf_counter`, which is one clock for all
            processes of a machine.
        wanted: which faces.
    """

    data: bytes | str
    aligned: bool
    level: str
    queued_at: float
    wanted: Selection = LARGEST


@dataclass(frozen=True, slots=True)
class Job:
    """One image that is to be read, and what only the server knows of it.

    Attributes:
        order: what a reader is told.
        tenant: who gets what is released.
        request_id: under which the log tells of a failure.
    """

    order: Order
    tenant: str
    request_id: str


@dataclass(frozen=True, slots=True)
class ReadFace:
    """What is released of one face.

    Attributes:
        box: where it is in the upright original, in its pixels, within its edges.
        seen: what the detector saw of it; none where the caller aligned the crop.
        embedding: D values, noise included; by `shortest`.
        emotion: probabilities in the card's order of labels; by `shortest`.
        expression: valence, arousal and the card's action units; by `shortest`; none where the
            model tells none.
    """

    box: Box
    seen: Seen | None
    embedding: list[FiniteFloat]
    emotion: list[FiniteFloat]
    expression: list[FiniteFloat] | None = None


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """What comes back of a job.

    Attributes:
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        level: at which it was read.
        found: how many faces there are, wanted or not.
        faces: those that are wanted, largest first.
        seconds: by stage.
    """

    width: int
    height: int
    level: str
    found: int
    faces: list[ReadFace]
    seconds: dict[Stage, FiniteFloat]


def shortest(values: NDArray[np.float32]) -> list[float]:
    """The same numbers in as few digits as tell a float32 from its neighbours, half the bytes."""
    return [float(str(value)) for value in values]
