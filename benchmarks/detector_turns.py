"""Whether a turned portrait is read as it is upright: the largest face, cut out and read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.detectors import Contender
from benchmarks.goals import ANY_TURN, UPSIDE_DOWN, Count, Tally
from benchmarks.scenes import Portrait, turned
from benchmarks.serving.table import table
from faceveil.model.filter import PrivacyFilter
from faceveil.model.noise import Noise
from faceveil.vision.align import CropGeometry, align
from faceveil.vision.face import Face, GreyImage

TURNS = (30, 45, 90, 135, 180, 225, 270)
"""Degrees, clockwise."""

RIGHT_ROLL = 12.0
"""Degrees up to which a roll is right."""


def crop_of(picture: GreyImage, contender: Contender, geometry: CropGeometry) -> GreyImage | None:
    """The largest face that a detector finds, cut out; None if it finds none."""
    face = _largest(picture, contender)
    return None if face is None else align(picture, face.left_eye, face.right_eye, geometry)


def print_turns(
    several: Sequence[Contender],
    portraits: Sequence[Portrait],
    filter_: PrivacyFilter,
    tally: Tally,
) -> None:
    """Prints how many portraits are found turned, with their roll, and with their mood.

    Args:
        several: detectors; the mood that each sees upright is that to be seen turned.
        portraits: of which each is turned.
        filter_: reads moods, here without noise.
        tally: what the goals are added to.
    """
    upright = [
        _moods(
            [_largest(p.picture, one) for p in portraits], [p.picture for p in portraits], filter_
        )
        for one in several
    ]
    rows = []
    for degrees in TURNS:
        scenes = [turned(one, -degrees).picture for one in portraits]
        cells, counts = [], []
        for one, moods in zip(several, upright, strict=True):
            faces = [_largest(picture, one) for picture in scenes]
            rolls = [
                face is not None
                and abs((face.roll - portrait.face.roll - degrees + 180) % 360 - 180) <= RIGHT_ROLL
                for face, portrait in zip(faces, portraits, strict=True)
            ]
            read = _moods(faces, scenes, filter_)
            alike = int(((read == moods) & (read >= 0)).sum())
            found = sum(face is not None for face in faces)
            cells.append(f"{found}, {sum(rolls)}, {alike}")
            counts.append(Count(len(scenes), len(scenes), alike))
        rows.append([str(degrees), *cells])
        tally.add(ANY_TURN, counts)
        if degrees == 180:
            tally.add(UPSIDE_DOWN, counts)
    print(
        f"\n{len(portraits)} portraits turned clockwise: the largest face is found, has its roll "
        f"to {RIGHT_ROLL:g} degrees, has the mood that is read upright\n"
    )
    print(table(["degrees", *(one.name for one in several)], rows), flush=True)


def without_noise(dimension: int) -> Noise:
    """No noise, for embeddings of so many numbers."""
    return lambda digests, _: np.zeros((len(digests), dimension), np.float32)


def _largest(picture: GreyImage, contender: Contender) -> Face | None:
    return max(contender.detect(picture, False), key=lambda face: face.box.area, default=None)


def _moods(
    faces: Sequence[Face | None], pictures: Sequence[GreyImage], filter_: PrivacyFilter
) -> NDArray[np.int64]:
    """The most likely mood of each face by its number, read without noise; -1 where is none."""
    card = filter_.card
    moods = np.full(len(faces), -1)
    there = [number for number, face in enumerate(faces) if face]
    crops = [
        align(picture, face.left_eye, face.right_eye, card.crop)
        for face, picture in zip(faces, pictures, strict=True)
        if face
    ]
    readings = filter_.read(crops, without_noise(card.dimension))
    moods[there] = [int(one.emotion.argmax()) for one in readings]
    return moods
