"""Pictures to try the detector on: portraits with something done to them, and none at all."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from faceveil.vision.face import Face, GreyImage, Point

Eyes = tuple[Point, Point]


@dataclass(frozen=True)
class Scene:
    """A picture, and the eyes of every face in it; none where they are not known."""

    picture: GreyImage
    eyes: list[Eyes] | None


@dataclass(frozen=True)
class Portrait:
    """A picture with one face, and where the detector sees it when nothing is done to it."""

    picture: GreyImage
    face: Face


def turned(portrait: Portrait, degrees: float) -> Scene:
    """The portrait turned about its centre, on a canvas that holds all of it."""
    image = Image.fromarray(portrait.picture)
    canvas = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=128)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def moved(point: Point) -> Point:
        x, y = point[0] - image.width / 2, point[1] - image.height / 2
        return (
            cosine * x + sine * y + canvas.width / 2,
            -sine * x + cosine * y + canvas.height / 2,
        )

    face = portrait.face
    return Scene(np.asarray(canvas), [(moved(face.left_eye), moved(face.right_eye))])


def dark(portrait: Portrait) -> Scene:
    """A fifth of the light."""
    return Scene((portrait.picture * 0.2).astype(np.uint8), [eyes_of(portrait.face)])


def cut(portrait: Portrait, share: float) -> Scene:
    """The left edge of the picture cuts off this share of the face's box."""
    edge = round(portrait.face.box.x + share * portrait.face.box.width)
    return Scene(
        np.ascontiguousarray(portrait.picture[:, edge:]), [eyes_of(portrait.face, dx=-edge)]
    )


def small(portrait: Portrait, width: int, rng: np.random.Generator) -> Scene:
    """The portrait so small that the face is `width` pixels wide, somewhere in 512 by 512."""
    scale = width / portrait.face.box.width
    size = (
        round(portrait.picture.shape[1] * scale),
        round(portrait.picture.shape[0] * scale),
    )
    shrunk = Image.fromarray(portrait.picture).resize(size, Image.Resampling.LANCZOS)
    wall = rng.integers(60, 200, (16, 16), dtype=np.uint8)
    canvas = Image.fromarray(wall).resize((512, 512), Image.Resampling.BICUBIC)
    x, y = int(rng.integers(0, 512 - size[0])), int(rng.integers(0, 512 - size[1]))
    canvas.paste(shrunk, (x, y))
    return Scene(np.asarray(canvas), [eyes_of(portrait.face, scale, x, y)])


def grid(portraits: list[Portrait], side: int, rng: np.random.Generator) -> Scene:
    """Eight by eight portraits in a picture of `side` by `side`."""
    cell = side // 8
    canvas = Image.new("L", (side, side))
    eyes = []
    for place, index in enumerate(rng.choice(len(portraits), 64, replace=False)):
        portrait = portraits[index]
        row, column = divmod(place, 8)
        scale = cell / max(portrait.picture.shape)
        size = tuple(round(length * scale) for length in portrait.picture.shape[::-1])
        image = Image.fromarray(portrait.picture).resize((size[0], size[1]))
        canvas.paste(image, (column * cell, row * cell))
        eyes.append(eyes_of(portrait.face, scale, column * cell, row * cell))
    return Scene(np.asarray(canvas), eyes)


def eyes_of(face: Face, scale: float = 1, dx: float = 0, dy: float = 0) -> Eyes:
    """Where the face's eyes are once its picture is scaled, then moved."""
    (lx, ly), (rx, ry) = face.left_eye, face.right_eye
    return ((lx * scale + dx, ly * scale + dy), (rx * scale + dx, ry * scale + dy))


def clouds(rng: np.random.Generator) -> GreyImage:
    """Smooth blobs; of all pictures drawn here, those most often taken for a face."""
    side, cells = int(rng.integers(160, 640)), int(rng.integers(4, 40))
    levels = rng.integers(0, 256, (cells, cells), dtype=np.uint8)
    smooth = Image.fromarray(levels).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(smooth)


def drawn_without_face(rng: np.random.Generator) -> Iterator[Scene]:
    """Noise, clouds, gradients, stripes, chequers, text, circles and beans, 30 of each."""
    for _ in range(30):
        side = int(rng.integers(160, 640))
        y, x = np.mgrid[:side, :side] / side
        noise = rng.integers(0, 256, (side, side), dtype=np.uint8)
        yield Scene(noise, [])
        yield Scene(clouds(rng), [])
        a, b = rng.uniform(-1, 1, 2)
        slope = a * x + b * y
        yield Scene(_levels((slope - slope.min()) / np.ptp(slope)), [])
        frequency = rng.uniform(10, 200)
        yield Scene(_levels(0.5 + 0.5 * np.sin(frequency * slope)), [])
        chequers = (x * frequency // 5).astype(int) + (y * frequency // 5).astype(int)
        yield Scene(_levels(chequers % 2), [])
        for draw in (_text, _circles, _beans):
            image = Image.new("L", (side, side), int(rng.integers(120, 256)))
            draw(ImageDraw.Draw(image), side, rng)
            blurred = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 3)))
            yield Scene(np.asarray(blurred), [])


def _levels(shade: NDArray[np.generic]) -> GreyImage:
    """Grey levels for shades from 0 to 1."""
    return (shade * 255).astype(np.uint8)


def _text(pen: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    for y in range(4, side, 22):
        letters = "".join(chr(code) for code in rng.integers(65, 123, side // 10))
        pen.text((4, y), letters, fill=int(rng.integers(0, 80)), font_size=18)


def _circles(pen: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    for _ in range(20):
        x, y, radius = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(5, side / 4)
        pen.circle((x, y), radius, fill=int(rng.integers(0, 256)), outline=0)


def _beans(pen: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    """Upright ellipses with a lighter one inside: heads without anything on them."""
    for _ in range(6):
        x, y, half = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(10, side / 5)
        pen.ellipse((x - half, y - 1.3 * half, x + half, y + 1.3 * half), fill=60)
        pen.ellipse((x - 0.8 * half, y - half, x + 0.8 * half, y + 1.3 * half), fill=190)


def beside_faces(portraits: list[Portrait]) -> Iterator[Scene]:
    """The strips left, right, above and below each face that are 64 pixels wide or more."""
    for portrait in portraits:
        box, picture = portrait.face.box, portrait.picture
        left, right = int(box.x - 0.2 * box.width), int(box.x + 1.2 * box.width)
        top, bottom = int(box.y - 0.3 * box.height), int(box.y + 1.2 * box.height)
        strips = (
            picture[:, : max(left, 0)],
            picture[:, right:],
            picture[: max(top, 0)],
            picture[bottom:],
        )
        for strip in strips:
            if min(strip.shape) >= 64:
                yield Scene(np.ascontiguousarray(strip), [])
