"""The rows of the detector's table: which pictures, and where the faces in them are."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from benchmarks.lookalikes import things
from benchmarks.scenes import (
    Portrait,
    Scene,
    blurred,
    cut,
    dark,
    drawn_without_face,
    in_a_room,
    masked,
    noisy,
    room,
    turned,
)
from faceveil.vision.detect import FaceDetector
from faceveil.vision.face import GreyImage
from training.data.drawn import EXPRESSIONS
from training.data.drawn_face import Person, Take, draw_face
from training.data.sets import SETS

SEED = 20

FREE = ("open/canada", "open/composite", "open/congress")
"""Folders of portraits whose terms allow any use; FRL London's do too."""

_One = TypeVar("_One")

Row = tuple[str, Callable[[], list[Scene]]]
"""A row's name, and what makes its scenes."""


def rows(data: Path | None, portraits: list[Portrait], number: int) -> Iterator[Row]:
    """The table's rows; each draws from a seed of its own."""
    rng = partial(np.random.default_rng, SEED)
    if data is not None:
        for name, title in (("jaffe", "JAFFE"), ("yale", "Yale"), ("frl", "FRL London")):
            yield title, partial(_found_alone, partial(pictures, name, data))
        for place in FREE:
            shown = partial(_portraits_in, data / place, 8 * number)
            yield f"{place}, sample", partial(_found_alone, shown)
        for name, title, sample in (("lfw", "LFW", 4 * number), ("fer", "FER2013", 8 * number)):
            yield f"{title}, sample", partial(_found_alone, partial(pictures, name, data, sample))
    for size in ((720, 1280), (1080, 1920)):
        for width in (40, 30, 20):
            title = f"faces of {width} px in {size[1]} x {size[0]}"
            yield title, partial(_in_rooms, portraits, size, width, max(2, number // 4))
    some = portraits[: 2 * number]
    for degrees in (15, 30, 45, 90, 135, 180):
        yield (
            f"turned by {degrees} degrees",
            partial(_each, some, partial(turned, degrees=-degrees)),
        )
    yield "a fifth of the light", partial(_each, some, dark)
    yield "noise of 50 levels", partial(_each, some, partial(noisy, deviation=50, rng=rng()))
    yield "blurred by 8 % of the face", partial(_each, some, partial(blurred, share=0.08))
    yield "a cloth over nose and mouth", partial(_each, some, masked)
    yield "cut off by the edge: 15 %", partial(_each, some, partial(cut, share=0.15))
    yield "no face: empty rooms", partial(_empty_rooms, number)
    yield "no face: clocks, sockets, toys", partial(_lookalikes, 4 * number)
    yield "no face: drawn", lambda: _sampled(list(drawn_without_face(rng())), 4 * number)


def _portraits_in(folder: Path, sample: int) -> list[GreyImage]:
    files = _sampled(sorted(folder.glob("*.jpg")), sample)
    return _distinct(file.read_bytes() for file in files)


def _found_alone(several: Callable[[], list[GreyImage]]) -> list[Scene]:
    return [Scene(one, None) for one in several()]


def _in_rooms(
    portraits: list[Portrait], size: tuple[int, int], width: int, number: int
) -> list[Scene]:
    rng = np.random.default_rng(SEED)
    return [in_a_room(portraits, size, width, rng) for _ in range(number)]


def _each(portraits: list[Portrait], done: Callable[[Portrait], Scene]) -> list[Scene]:
    return [done(one) for one in portraits]


def _empty_rooms(number: int) -> list[Scene]:
    rng = np.random.default_rng(SEED)
    return [Scene(room(720, 1280, rng), []) for _ in range(number)]


def _lookalikes(number: int) -> list[Scene]:
    return [Scene(one, []) for one in things(number, np.random.default_rng(SEED))]


def portraits_of(data: Path | None, detector: FaceDetector, most: int) -> list[Portrait]:
    """Portraits to make scenes of, and where the detector sees their faces as they are."""
    if data is None:
        shown = [
            draw_face(Person(skin=skin, hair=hair), expression, Take(), 400)
            for skin in (140, 170, 200)
            for hair in (30, 90)
            for expression in EXPRESSIONS.values()
        ]
    else:
        files = [*(data / SETS["frl"].place).rglob("*.jpg")]
        files += [file for place in FREE for file in (data / place).glob("*.jpg")]
        shown = _distinct(file.read_bytes() for file in _sampled(sorted(files), most))
    found = [(picture, detector.detect(picture)) for picture in shown]
    return [Portrait(picture, faces[0]) for picture, faces in found if len(faces) == 1]


def pictures(name: str, data: Path, sample: int | None = None) -> list[GreyImage]:
    """The distinct pictures of a data set as grey levels, or a seeded sample of them."""
    records = list(SETS[name].load(data / SETS[name].place))
    return _distinct([record.read() for record in _sampled(records, sample)])


def _sampled(several: Sequence[_One], sample: int | None) -> list[_One]:
    if sample is None or sample >= len(several):
        return list(several)
    chosen = np.random.default_rng(SEED).choice(len(several), sample, replace=False)
    return [several[index] for index in chosen]


def _distinct(files: Iterable[bytes]) -> list[GreyImage]:
    distinct = {}
    for file in files:
        with Image.open(io.BytesIO(file)) as image:
            pixels = np.asarray(image.convert("L"))
        distinct[pixels.tobytes()] = pixels
    return list(distinct.values())
