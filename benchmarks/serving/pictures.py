"""The pictures that are sent: drawn faces, or real ones where FACEVEIL_DATA is a folder of sets."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.form import END, fields, part
from training.data.drawn_face import Expression, Person, Take, draw_face
from training.data.sets import SETS

SEED = 6
REAL_SET = "frl"

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file, ready to be sent.

    Attributes:
        name: as it stands in tables.
        data: the file's bytes.
        faces: in the picture.
    """

    name: str
    data: bytes
    faces: int = 1

    @property
    def kind(self) -> str:
        """Its media type."""
        return "image/png" if self.data.startswith(b"\x89PNG") else "image/jpeg"


class Album:
    """Makes pictures of any size from a few portraits."""

    def __init__(self, data: Path | None) -> None:
        """Draws portraits, or takes real ones.

        Args:
            data: folder of data sets with FRL London among them; None for drawn faces.

        Raises:
            training.data.record.DataError: if the folder has no such set.
        """
        self._random = np.random.default_rng(SEED)
        self._portraits = list(islice(_drawn() if data is None else _real(data), 16))
        self.source = "drawn faces" if data is None else "real faces (FRL London)"

    def scene(self, width: int, height: int, file_format: str = "JPEG") -> Picture:
        """A picture with one face in its middle, with a camera's noise.

        Args:
            width: in pixels.
            height: in pixels.
            file_format: JPEG (quality 88) or PNG.
        """
        side = min(width, height)
        canvas = Image.new("L", (width, height), 200)
        canvas.paste(
            self._portraits[0].resize((side, side)), ((width - side) // 2, (height - side) // 2)
        )
        data = _encoded(canvas, file_format, self._random)
        return Picture(f"{width}x{height} {file_format}", data)

    def usual(self) -> list[Picture]:
        """From a small PNG to a 12-megapixel JPEG, one face each."""
        return [
            self.scene(320, 243, "PNG"),
            self.scene(640, 480),
            self.scene(1920, 1080),
            self.scene(4032, 3024),
        ]

    def crowds(self, counts: Sequence[int]) -> list[Picture]:
        """Pictures of one size with more and more faces, on a grid of 64 places."""
        return [self._on_grid(count) for count in counts]

    def shapes(self, count: int) -> list[Picture]:
        """Pictures of one face, no two of a size."""
        sides = self._random.integers(160, 720, (count, 2))
        return [
            self.scene(int(width), int(height), "PNG" if place % 4 == 0 else "JPEG")
            for place, (width, height) in enumerate(sides)
        ]

    def _on_grid(self, count: int) -> Picture:
        canvas = Image.new("L", (1024, 1024), 200)
        for place in range(count):
            row, column = divmod(place, 8)
            portrait = self._portraits[place % len(self._portraits)].resize((128, 128))
            canvas.paste(portrait, (column * 128, row * 128))
        return Picture(f"{count} faces", _encoded(canvas, "JPEG", self._random), count)


def form(pictures: Sequence[Picture], **texts: str) -> bytes:
    """A whole multipart body with each picture as a part `image`, and text fields."""
    images = [
        part("image", one.data, f'; filename="face"\r\nContent-Type: {one.kind}')
        for one in pictures
    ]
    return b"".join([*images, fields(**texts), END])


def _drawn() -> Iterator[Image.Image]:
    for skin in range(150, 230, 5):
        yield Image.fromarray(draw_face(Person(skin=skin), Expression(), Take(), 512))


def _real(data: Path) -> Iterator[Image.Image]:
    for record in SETS[REAL_SET].records(data):
        with Image.open(io.BytesIO(record.read())) as image:
            side = min(image.size)
            left = (image.width - side) // 2
            yield image.convert("L").crop((left, 0, left + side, side))


def _encoded(canvas: Image.Image, file_format: str, random: np.random.Generator) -> bytes:
    """The file, in colour: what a camera sends is neither grey nor smooth."""
    colours = np.asarray(canvas.convert("RGB"), np.float32)
    # One tile of noise, repeated: 36 million draws for a large picture would take seconds.
    noise = random.normal(0, 6, (256, 256, 3)).astype(np.float32)
    height, width = colours.shape[:2]
    tiled = np.tile(noise, (height // 256 + 1, width // 256 + 1, 1))[:height, :width]
    pixels = np.clip(colours + tiled, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    options = {"quality": 88} if file_format == "JPEG" else {}
    Image.fromarray(pixels).save(buffer, file_format, **options)
    return buffer.getvalue()
