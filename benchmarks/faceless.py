"""Pictures without a face: rooms, wallpapers, landscapes, pages of text, and plain patterns."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from faceveil.vision.face import GreyImage

_WORDS = ("the", "mood", "of", "a", "face", "is", "read", "and", "whose", "it", "was", "withheld")


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


def wallpaper(rng: np.random.Generator) -> GreyImage:
    """One motif of a few discs, petals and strokes, over and over, row by row."""
    width, height = 640, 480
    cell = int(rng.integers(24, 120))
    motif = Image.new("L", (cell, cell), int(rng.integers(90, 250)))
    pen = ImageDraw.Draw(motif)
    for _ in range(rng.integers(2, 7)):
        x, y = rng.uniform(0.1, 0.9, 2) * cell
        a, b = rng.uniform(0.04, 0.3, 2) * cell
        ink = int(rng.integers(10, 250))
        match rng.integers(3):
            case 0:
                pen.ellipse((x - a, y - b, x + a, y + b), fill=ink)
            case 1:
                petals = int(rng.integers(3, 9))
                for turn in np.arange(petals) * 2 * np.pi / petals:
                    px, py = x + a * np.cos(turn), y + a * np.sin(turn)
                    pen.circle((px, py), 0.5 * a, fill=ink)
            case _:
                pen.line((x - a, y - b, x + a, y + b), fill=ink, width=max(1, cell // 15))
    if rng.random() < 0.5:  # mirrored, as many are
        motif.paste(
            motif.crop((0, 0, cell // 2, cell)).transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            (cell - cell // 2, 0),
        )
    image, shift = Image.new("L", (width, height)), int(rng.choice([0, cell // 2]))
    for row, top in enumerate(range(0, height, cell)):
        for left in range(-cell, width, cell):
            image.paste(motif, (left + shift * (row % 2), top))
    return _photographed(image, rng)


def landscape(rng: np.random.Generator) -> GreyImage:
    """Sky with clouds, a sun or none, ridges one before the other, and trees."""
    width, height = 640, 480
    slope = np.linspace(rng.uniform(100, 200), rng.uniform(180, 250), height)[:, np.newaxis]
    levels = slope + rng.uniform(5, 40) * rough(height, width, rng)
    image = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.5:
        at = (rng.uniform(0, width), rng.uniform(0, 0.4 * height))
        pen.circle(at, rng.uniform(10, 50), fill=250)
    ridges = int(rng.integers(2, 6))
    for number in range(ridges):
        base = height * (0.35 + 0.5 * number / ridges)
        heights = base - 90 * rough(1, width, rng)[0] / (1 + number)
        outline = [(float(x), float(y)) for x, y in enumerate(heights)]
        pen.polygon([*outline, (width, height), (0, height)], fill=int(200 - 150 * number / ridges))
        for x in rng.integers(0, width, rng.integers(0, 12)):
            tall = rng.uniform(8, 20) * (1 + 1.5 * number)
            _tree(pen, float(x), float(heights[x]), tall, int(rng.integers(20, 120)), rng)
    return _photographed(image, rng)


def _tree(
    pen: ImageDraw.ImageDraw, x: float, foot: float, tall: float, ink: int, rng: np.random.Generator
) -> None:
    pen.line((x, foot, x, foot - tall), fill=ink, width=max(1, round(tall / 12)))
    if rng.random() < 0.5:
        pen.polygon(
            [(x - tall / 4, foot - tall / 4), (x, foot - tall), (x + tall / 4, foot - tall / 4)],
            fill=ink,
        )
        return
    for _ in range(6):
        aside, up = rng.normal(0, tall / 8), rng.uniform(0.5, 1) * tall
        pen.circle((x + aside, foot - up), tall / 5, fill=int(ink + rng.integers(-15, 16)))


def page(rng: np.random.Generator) -> GreyImage:
    """Text in columns under a heading, with a frame for a figure, a little askew."""
    width, height = 640, 840
    paper, ink = int(rng.integers(200, 256)), int(rng.integers(0, 90))
    image = Image.new("L", (width, height), paper)
    pen = ImageDraw.Draw(image)
    size, columns = int(rng.integers(9, 22)), int(rng.integers(1, 4))
    pen.text((40, 20), " ".join(rng.choice(_WORDS, 3)), fill=ink, font_size=2 * size)
    room_for = (width - 80) // columns
    for column in range(columns):
        left, top = 40 + column * room_for, 40 + 3 * size
        while top < height - 40:
            if rng.random() < 0.03:
                tall = int(rng.integers(40, 160))
                shade = int(rng.integers(60, 240))
                pen.rectangle((left, top, left + room_for - 20, top + tall), fill=shade)
                top += tall + size
            words = " ".join(rng.choice(_WORDS, 30))
            pen.text(
                (left, top), words[: int((room_for - 20) / (0.52 * size))], ink, font_size=size
            )
            top += int(1.4 * size)
    askew = image.rotate(rng.uniform(-4, 4), Image.Resampling.BICUBIC, fillcolor=paper)
    return _photographed(askew, rng)


def rough(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Clouds of all sizes, the larger the stronger: (height, width), about -1 to 1."""
    total: NDArray[np.float32] = np.zeros((height, width), np.float32)
    for octave in range(1, 7):
        cells = rng.uniform(-1, 1, (2**octave + 1,) * 2).astype(np.float32)
        smooth = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(smooth) / 2 ** (octave - 1)
    return total * np.float32(0.5)


def clouds(rng: np.random.Generator) -> GreyImage:
    """Smooth blobs; of all patterns drawn here, those most often taken for a face."""
    side, cells = int(rng.integers(160, 640)), int(rng.integers(4, 40))
    levels = rng.integers(0, 256, (cells, cells), dtype=np.uint8)
    smooth = Image.fromarray(levels).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(smooth)


def patterns(rng: np.random.Generator) -> Iterator[GreyImage]:
    """Noise, clouds, gradients, stripes, chequers, letters, circles and beans, by turns."""
    while True:
        side = int(rng.integers(160, 640))
        y, x = np.mgrid[:side, :side] / side
        yield rng.integers(0, 256, (side, side), dtype=np.uint8)
        yield clouds(rng)
        a, b = rng.uniform(-1, 1, 2)
        slope = a * x + b * y
        yield _levels((slope - slope.min()) / np.ptp(slope))
        frequency = rng.uniform(10, 200)
        yield _levels(0.5 + 0.5 * np.sin(frequency * slope))
        chequers = (x * frequency // 5).astype(int) + (y * frequency // 5).astype(int)
        yield _levels(chequers % 2)
        for draw in (_letters, _circles, _beans):
            image = Image.new("L", (side, side), int(rng.integers(120, 256)))
            draw(ImageDraw.Draw(image), side, rng)
            yield np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 3))))


def _levels(shade: NDArray[np.generic]) -> GreyImage:
    """Grey levels for shades from 0 to 1."""
    return (shade * 255).astype(np.uint8)


def _letters(pen: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
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


def _photographed(image: Image.Image, rng: np.random.Generator) -> GreyImage:
    """A little out of focus, and with some noise."""
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2))), np.float32)
    noisy = soft + rng.normal(0, rng.uniform(0.5, 5), soft.shape)
    return noisy.clip(0, 255).astype(np.uint8)
