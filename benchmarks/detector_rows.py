"""The rows of the detector's table: which pictures, and where the faces in them are."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from benchmarks.faceless import landscape, page, patterns, room, wallpaper
from benchmarks.goals import LOOKALIKES, NO_FACE, PORTRAITS, SMALL, SMALLEST, WILD
from benchmarks.lookalikes import things
from benchmarks.scenes import (
    Portrait,
    Scene,
    as_sent,
    beside_faces,
    blurred,
    cut,
    dark,
    in_a_room,
    masked,
    noisy,
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


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        title: what its pictures are.
        scenes: makes them.
        goal: what it counts for, if anything.
        thorough: whether all faces are looked for, and not just the largest.
    """

    title: str
    scenes: Callable[[], list[Scene]]
    goal: str = ""
    thorough: bool = True


def rows(data: Path | None, portraits: list[Portrait], number: int) -> Iterator[Row]:
    """The table's rows; each draws from a seed of its own."""
    if data is not None:
        yield from _real_portraits(data, number)
    for size in ((720, 1280), (1080, 1920)):
        for width in (40, 30, 20):
            title = f"faces of {width} px in {size[1]} x {size[0]}"
            shown = partial(_in_rooms, portraits, size, width, max(2, number // 2))
            yield Row(title, shown, SMALL if width >= 30 else SMALLEST)
    yield from _altered(portraits[: 2 * number])
    yield from _large(portraits, max(2, number // 12))
    yield from _without_faces(portraits, number)


def _real_portraits(data: Path, number: int) -> Iterator[Row]:
    """Whole sets of people who sat for their portrait; and samples of pictures from the web."""
    for title, place in (("JAFFE", "jaffe"), ("Yale", "yale"), ("FRL London", "frl_london")):
        yield Row(title, partial(_found_alone, partial(_portraits_in, data / place)), PORTRAITS)
    for place in FREE:
        yield Row(place, partial(_found_alone, partial(_portraits_in, data / place)), PORTRAITS)
    web = partial(_portraits_in, data / "open/cc0")
    yield Row("open/cc0", partial(_found_alone, web), WILD)
    news = partial(_portraits_in, data / "lfw", 20 * number)
    yield Row("LFW, sample; others stand behind some", partial(_found_alone, news), WILD)
    tiny = partial(pictures, "fer", data, 8 * number)
    yield Row("FER2013, sample: 48 px, nothing but a face", partial(_found_alone, tiny))


def _altered(portraits: list[Portrait]) -> Iterator[Row]:
    rng = partial(np.random.default_rng, SEED)
    for degrees in (15, 30, 45, 90, 135, 180):
        yield Row(
            f"turned by {degrees} degrees",
            partial(_each, portraits, partial(turned, degrees=-degrees)),
        )
    for title, done in (
        ("a fifth of the light", dark),
        ("noise of 50 levels", partial(noisy, deviation=50, rng=rng())),
        ("blurred by 8 % of the face", partial(blurred, share=0.08)),
        ("a cloth over nose and mouth", masked),
        ("cut off by the edge: 15 %", partial(cut, share=0.15)),
    ):
        yield Row(title, partial(_each, portraits, done))


def _large(portraits: list[Portrait], number: int) -> Iterator[Row]:
    """What a phone makes, through the decoder as it comes."""

    def sent(size: tuple[int, int], width: int, times: int) -> list[Scene]:
        rng = np.random.default_rng(SEED)
        several = [in_a_room(portraits, size, width, rng, heads=1) for _ in range(number)]
        return [as_sent(one, times) for one in several]

    panoramas = partial(sent, (1200, 12000), 190, 1)
    yield Row("a face of 190 px in a panorama of 12,000 x 1,200", panoramas)
    yield Row("the largest face of such a panorama", panoramas, thorough=False)
    huge = partial(sent, (1125, 1500), 50, 8)
    yield Row("a face of 400 px in 108 megapixels, 12,000 x 9,000", huge)


def _without_faces(portraits: list[Portrait], number: int) -> Iterator[Row]:
    shown = partial(_lookalikes, 8 * number)
    yield Row("no face: clocks, sockets, toys", shown, LOOKALIKES)
    for title, draw, count in (
        ("empty rooms", partial(room, 720, 1280), 2 * number),
        ("wallpapers", wallpaper, 4 * number),
        ("landscapes", landscape, 4 * number),
        ("pages of text", page, 4 * number),
    ):
        yield Row(f"no face: {title}", partial(_drawn, draw, count), NO_FACE)
    yield Row("no face: plain patterns", partial(_patterns, 5 * number), NO_FACE)

    def beside() -> list[Scene]:
        return list(beside_faces(portraits))

    yield Row("no face: what lies beside those of portraits", beside, NO_FACE)


def _found_alone(several: Callable[[], list[GreyImage]]) -> list[Scene]:
    return [Scene(one, None) for one in several()]


def _in_rooms(
    portraits: list[Portrait], size: tuple[int, int], width: int, number: int
) -> list[Scene]:
    rng = np.random.default_rng(SEED)
    return [in_a_room(portraits, size, width, rng) for _ in range(number)]


def _each(portraits: list[Portrait], done: Callable[[Portrait], Scene]) -> list[Scene]:
    return [done(one) for one in portraits]


def _drawn(draw: Callable[[np.random.Generator], GreyImage], number: int) -> list[Scene]:
    rng = np.random.default_rng(SEED)
    return [Scene(draw(rng), []) for _ in range(number)]


def _patterns(number: int) -> list[Scene]:
    return [Scene(one, []) for one in islice(patterns(np.random.default_rng(SEED)), number)]


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


def pictures(name: str, data: Path, sample: int) -> list[GreyImage]:
    """A seeded sample of a data set's distinct pictures, as grey levels."""
    records = list(SETS[name].load(data / SETS[name].place))
    return _distinct(record.read() for record in _sampled(records, sample))


def _portraits_in(folder: Path, sample: int | None = None) -> list[GreyImage]:
    """The distinct pictures in a folder and those below it; or a seeded sample of them."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    files = [file for file in files if file.suffix not in (".csv", ".md")]
    return _distinct(file.read_bytes() for file in _sampled(files, sample))


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
