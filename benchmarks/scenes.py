"""Pictures to try the detector on: portraits with something done to them."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.faceless import room
from faceveil.vision.decode import decode
from faceveil.vision.face import Face, GreyImage, Point

Eyes = tuple[Point, Point]

MOST_PIXELS = 64_000_000
"""Of a picture, as the service comes; a large JPEG may have twice as many."""


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


def eye_error(face: Face, eyes: Eyes) -> float:
    """Distance of the eyes from their true places, root mean square, in eye distances."""
    found, true = np.array([face.left_eye, face.right_eye]), np.array(eyes)
    distances = np.linalg.norm(found - true, axis=1)
    return float(np.sqrt(np.mean(distances**2)) / np.linalg.norm(true[1] - true[0]))


def eyes_of(face: Face, scale: float = 1, dx: float = 0, dy: float = 0) -> Eyes:
    """Where the face's eyes are once its picture is scaled, then moved."""
    (lx, ly), (rx, ry) = face.left_eye, face.right_eye
    return ((lx * scale + dx, ly * scale + dy), (rx * scale + dx, ry * scale + dy))


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


def as_sent(scene: Scene, times: int = 1) -> Scene:
    """The scene so many times as large, as a JPEG, and as the service decodes that.

    Args:
        scene: whose faces are known.
        times: by which its sides are multiplied.
    """
    height, width = scene.picture.shape
    picture = decode(
        as_jpeg(scene.picture, (times * width, times * height)), max_pixels=MOST_PIXELS
    )
    scale = times / picture.scale
    eyes = [
        ((lx * scale, ly * scale), (rx * scale, ry * scale))
        for (lx, ly), (rx, ry) in scene.eyes or []
    ]
    return Scene(picture.pixels, eyes)


def as_jpeg(picture: GreyImage, size: tuple[int, int]) -> bytes:
    """A JPEG in colour, of this width and height."""
    grey = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
    red, blue = (
        grey.point([round(level * share) for level in range(256)]) for share in (0.95, 0.8)
    )
    buffer = io.BytesIO()
    Image.merge("RGB", (red, grey, blue)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


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
