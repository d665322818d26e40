"""Things that are taken for faces: clocks, wall sockets and toys, drawn each time otherwise."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from faceveil.vision.face import GreyImage

Draw = ImageDraw.ImageDraw


def clock(side: int, rng: np.random.Generator) -> GreyImage:
    """Half of them at ten past ten, as in shops."""
    image, pen, middle = _sheet(side, rng)
    radius = side * rng.uniform(0.3, 0.45)
    face, ink = int(rng.integers(180, 255)), int(rng.integers(0, 60))
    pen.circle((middle, middle), radius, fill=face, outline=ink, width=max(2, side // 40))
    for hour in range(12):
        _hand(pen, middle, hour * np.pi / 6, (0.8 * radius, 0.92 * radius), side // 70, ink)
        if side % 2:
            x, y = np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)
            place = (middle + 0.65 * radius * x, middle + 0.65 * radius * y)
            pen.text(place, str(hour or 12), fill=ink, font_size=radius * 0.17, anchor="mm")
    hour, minute = (10, 10) if rng.random() < 0.5 else rng.integers(0, (12, 60))
    _hand(pen, middle, (hour + minute / 60) * np.pi / 6, (0, 0.45 * radius), side // 35, ink)
    _hand(pen, middle, minute * np.pi / 30, (0, 0.72 * radius), side // 50, ink)
    return _photographed(image, rng)


def socket(side: int, rng: np.random.Generator) -> GreyImage:
    """Round holes in a round hollow, or slots with a round hole, once or twice."""
    image, pen, middle = _sheet(side, rng)
    half, plate = side * rng.uniform(0.25, 0.4), int(rng.integers(200, 255))
    square = (middle - half, middle - half, middle + half, middle + half)
    pen.rounded_rectangle(square, half / 8, fill=plate, outline=plate - 60, width=2)
    if rng.random() < 0.4:
        pen.circle((middle, middle), 0.72 * half, fill=plate - 40, outline=plate - 90, width=3)
        for aside in (-1, 1):
            pen.circle((middle + aside * 0.33 * half, middle), 0.07 * half, fill=20)
        return _photographed(image, rng)
    for up in (0.0,) if rng.random() < 0.4 else (-0.45, 0.45):
        size, y = half * (0.9 if up == 0 else 0.55), middle + up * half
        for aside in (-1, 1):
            x = middle + aside * 0.3 * size
            slot = (x - 0.05 * size, y - 0.25 * size, x + 0.05 * size, y + 0.1 * size)
            pen.rectangle(slot, fill=25)
        pen.circle((middle, y + 0.32 * size), 0.12 * size, fill=25)
    return _photographed(image, rng)


def toy(side: int, rng: np.random.Generator) -> GreyImage:
    """A bear's head, a robot's, or a smiling ball."""
    image, pen, middle = _sheet(side, rng)
    radius, skin, ink = side * rng.uniform(0.22, 0.35), int(rng.integers(90, 240)), 25

    def disc(x: float, y: float, share: float, shade: int) -> None:
        pen.circle((middle + x * radius, middle + y * radius), share * radius, fill=shade)

    match rng.integers(3):
        case 0:
            for aside in (-1, 1):
                disc(aside * 0.75, -0.75, 0.35, skin - 20)
            disc(0, 0, 1, skin)
            disc(0, 0.35, 0.4, min(skin + 40, 255))
            disc(0, 0.2, 0.13, ink)
            spread = 0.38
        case 1:
            box = (middle - radius, middle - 0.8 * radius, middle + radius, middle + 0.8 * radius)
            pen.rounded_rectangle(box, radius / 7, fill=skin, outline=ink, width=3)
            mouth = (middle - 0.5 * radius, middle + 0.3 * radius)
            pen.rectangle((*mouth, middle + 0.5 * radius, middle + 0.5 * radius), fill=ink)
            spread = 0.45
        case _:
            disc(0, 0, 1, skin)
            smile = (middle - 0.5 * radius, middle - 0.4 * radius)
            ends = (*smile, middle + 0.5 * radius, middle + 0.6 * radius)
            pen.arc(ends, 20, 160, fill=ink, width=max(2, side // 50))
            spread = 0.35
    for aside in (-1, 1):
        disc(aside * spread, -0.2, 0.12, ink)
    return _photographed(image, rng)


def things(number: int, rng: np.random.Generator) -> Iterator[GreyImage]:
    """Clocks, sockets and toys by turns, of 160 to 480 pixels."""
    for index in range(number):
        yield (clock, socket, toy)[index % 3](int(rng.integers(160, 480)), rng)


def _sheet(side: int, rng: np.random.Generator) -> tuple[Image.Image, Draw, float]:
    image = Image.new("L", (side, side), int(rng.integers(120, 240)))
    return image, ImageDraw.Draw(image), side / 2


def _hand(
    pen: Draw, middle: float, angle: float, reach: tuple[float, float], width: int, ink: int
) -> None:
    x, y = np.sin(angle), -np.cos(angle)
    ends = [middle + part * axis for part in reach for axis in (x, y)]
    pen.line(ends, fill=ink, width=max(2, width))


def _photographed(image: Image.Image, rng: np.random.Generator) -> GreyImage:
    soft = image.filter(ImageFilter.GaussianBlur(image.width * rng.uniform(0.001, 0.012)))
    return np.asarray(soft)
