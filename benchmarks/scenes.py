"""Pictures to try the detector on: portraits with something done to them, and none at all."""

from collections.abc import Iterator, Sequence
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


def room(height: int, width: int, rng: np.random.Generator) -> GreyImage:
    """An empty room: wall and floor, boxes for furniture, texture and noise."""
    image = Image.new("L", (width, height), int(rng.integers(90, 220)))
    pen = ImageDraw.Draw(image)
    floor = rng.uniform(0.5, 0.8) * height
    pen.rectangle((0, floor, width, height), fill=int(rng.integers(40, 160)))
    for _ in range(rng.integers(3, 12)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        w, h = rng.uniform(0.03, 0.3, 2) * (width, height)
        shade, edge = (int(level) for level in rng.integers(20, 240, 2))
        pen.rectangle((x, y, x + w, y + h), fill=shade, outline=edge, width=3)
    soft = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2)))
    cells = rng.integers(0, 256, (height // 8, width // 8), dtype=np.uint8)
    texture = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
    grain = (np.asarray(texture, np.float32) - 128) * rng.uniform(0, 0.2)
    noise = rng.normal(0, rng.uniform(0.5, 5), (height, width))
    levels = np.asarray(soft, np.float32) + grain + noise
    return levels.clip(0, 255).astype(np.uint8)


def in_a_room(
    portraits: Sequence[Portrait],
    size: tuple[int, int],
    width: int,
    rng: np.random.Generator,
    heads: int = 12,
) -> Scene:
    """Heads, cut out softly, whose faces are `width` pixels wide, in a room."""
    picture = room(*size, rng).astype(np.float32)
    eyes: list[Eyes] = []
    middles: list[Point] = []
    while len(eyes) < heads:
        x, y = (rng.uniform(1.5 * width, length - 1.5 * width) for length in size[::-1])
        if any(np.hypot(x - px, y - py) < 2.5 * width for px, py in middles):
            continue
        middles.append((x, y))
        portrait = portraits[int(rng.integers(len(portraits)))]
        scale = width / portrait.face.box.width
        side = round(2.2 * width) | 1
        cx, cy = portrait.face.box.centre
        half = side / 2 / scale
        box = (cx - half, cy - half, cx + half, cy + half)
        head = Image.fromarray(portrait.picture).transform(
            (max(side, round(2 * half)),) * 2, Image.Transform.EXTENT, box
        )
        shrunk = np.asarray(head.resize((side, side), Image.Resampling.BOX), np.float32)
        down, across = np.mgrid[:side, :side] * 2 / (side - 1) - 1
        mask = np.clip((1 - np.hypot(down, across)) / 0.15, 0, 1)
        top, left = round(y - side / 2), round(x - side / 2)
        part = picture[top : top + side, left : left + side]
        part += mask * (shrunk - part)
        shift = (left + side / 2 - cx * scale, top + side / 2 - cy * scale)
        eyes.append(eyes_of(portrait.face, scale, *shift))
    return Scene(picture.astype(np.uint8), eyes)


def blurred(portrait: Portrait, share: float) -> Scene:
    """Out of focus, by that part of the face's width."""
    radius = share * portrait.face.box.width
    image = Image.fromarray(portrait.picture).filter(ImageFilter.GaussianBlur(radius))
    return Scene(np.asarray(image), [eyes_of(portrait.face)])


def noisy(portrait: Portrait, deviation: float, rng: np.random.Generator) -> Scene:
    """With so many grey levels of noise."""
    levels = portrait.picture + rng.normal(0, deviation, portrait.picture.shape)
    return Scene(levels.clip(0, 255).astype(np.uint8), [eyes_of(portrait.face)])


def masked(portrait: Portrait) -> Scene:
    """A plain cloth over nose and mouth."""
    image = Image.fromarray(portrait.picture)
    (left, top), (right, _) = portrait.face.left_eye, portrait.face.right_eye
    apart = right - left
    cloth = (left - 0.4 * apart, top + 0.4 * apart, right + 0.4 * apart, top + 1.7 * apart)
    ImageDraw.Draw(image).rounded_rectangle(cloth, 0.3 * apart, fill=225)
    return Scene(np.asarray(image), [eyes_of(portrait.face)])


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
