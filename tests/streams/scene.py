"""A made clip: two drawn people who cross before the camera, and change their faces as they go."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.pictures import encoded
from training.data.drawn import EXPRESSIONS
from training.data.drawn_face import Expression, Person, Take, draw_face

WIDTH, HEIGHT = 640, 480
FACE = 240
"""Side of the square that a person is drawn in, in pixels; the face is about half as wide."""

PEOPLE = (Person(), Person(skin=165, hair=110, face_width=1.24))
MOODS = (("neutral", "happiness", "surprise"), ("happiness", "neutral", "happiness"))
"""What each shows, one after the other."""

STARTS = (0.0, 0.25, 0.75)
"""When, as shares of the clip; they cross between the second and the third."""

CHANGING_S = 0.2
"""Seconds in which one expression becomes the next."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame, and the truth about it.

    Attributes:
        at: seconds.
        picture: of mode "L".
        middles: x of each person's face, in pixels.
        moods: of each person; None while one becomes the next.
    """

    at: float
    picture: Image.Image
    middles: tuple[float, float]
    moods: tuple[str | None, str | None]

    @property
    def jpeg(self) -> bytes:
        """The frame as a camera sends it."""
        return encoded(self.picture, quality=85)


def shots(
    seconds: float = 4.5, rate: float = 25.0, seed: int = 3, noise: float = 12.0
) -> Iterator[Shot]:
    """Draws the clip.

    Args:
        seconds: of the whole.
        rate: frames a second.
        seed: of the people's small movements and of the camera's noise.
        noise: of a pixel, in grey levels; with the movements, it makes single frames flicker.
    """
    rng = np.random.default_rng(seed)
    for number in range(round(seconds * rate)):
        at = number / rate
        way = (at / seconds) * 400 + 120
        middles = (way, WIDTH - way)
        picture = Image.new("L", (WIDTH, HEIGHT), 205)
        told: list[str | None] = []
        for who in (1, 0):  # the first walks in front
            expression, mood = _shown(who, at / seconds, CHANGING_S / seconds)
            turn, squeeze = rng.normal(0, 0.03), 1 - abs(rng.normal(0, 0.02))
            take = Take(
                turn=turn, squeeze=squeeze, noise=noise, noise_seed=int(rng.integers(2**31))
            )
            face = Image.fromarray(draw_face(PEOPLE[who], expression, take, FACE))
            corner = (round(middles[who] - FACE / 2), 90 + 40 * who)
            picture.paste(face, corner, _HEAD)
            told.insert(0, mood)
        yield Shot(at, picture, middles, (told[0], told[1]))


def _shown(who: int, part: float, changing: float) -> tuple[Expression, str | None]:
    moods = MOODS[who]
    here = sum(part >= start for start in STARTS) - 1
    into = part - STARTS[here]
    now = EXPRESSIONS[moods[here]]
    if here == 0 or into >= changing:
        return now, moods[here]
    before = EXPRESSIONS[moods[here - 1]]
    mixed = into / changing
    values = {
        name: (1 - mixed) * getattr(before, name) + mixed * getattr(now, name)
        for name in Expression.__slots__
    }
    return Expression(**values), None


def _head() -> Image.Image:
    """A mask of the head, so that who walks in front hides who is behind."""
    mask = Image.new("L", (FACE, FACE))
    middle, level = FACE / 2, 0.52 * FACE
    ImageDraw.Draw(mask).ellipse(
        (middle - 0.31 * FACE, level - 0.4 * FACE, middle + 0.31 * FACE, level + 0.36 * FACE),
        fill=255,
    )
    return mask.filter(ImageFilter.GaussianBlur(3))


_HEAD = _head()
