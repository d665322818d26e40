"""Drawn faces: people and emotions as parameters of shape, where no photographs are at hand.

For tests and a first try of training, not for a model that is to read real faces. The same seed
draws the same faces, with one version of Pillow and NumPy.
"""

from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path

import numpy as np

from training.data.drawn_face import Expression, Person, Take, draw_face
from training.data.pixels import as_file
from training.data.record import EMOTIONS, Record, SetInfo
from training.data.terms import Terms, Use

INFO = SetInfo(
    name="drawn faces",
    terms=Terms(
        Use.ANY,
        "any use (Apache-2.0)",
        caveat="it has seen drawn faces only, and reads no real ones",
    ),
    citation="drawn by FaceVeil, training/data/drawn.py",
)

PEOPLE = 40
TAKES = 3
SIZE = 160
"""Pixels, width and height."""

EXPRESSIONS = {
    "neutral": Expression(),
    "happiness": Expression(brows=0.1, eyes=-0.3, smile=1.0, mouth=0.3, stretch=0.7),
    "surprise": Expression(brows=1.0, eyes=0.9, mouth=1.0, stretch=-0.6),
    "sadness": Expression(brows=0.1, frown=-0.9, eyes=-0.4, smile=-0.8, stretch=-0.2),
    "anger": Expression(brows=-0.7, frown=1.0, eyes=-0.1, smile=-0.4, stretch=-0.1),
    "disgust": Expression(
        brows=-0.5, frown=0.4, eyes=-0.6, smile=-0.5, mouth=0.25, stretch=0.2, wrinkle=1.0
    ),
    "fear": Expression(brows=0.6, frown=-0.8, eyes=0.8, smile=-0.4, mouth=0.45, stretch=0.6),
}
"""Loosely after the prototypes in Ekman, Friesen 1978, Facial Action Coding System, as far as so
few lines can show them."""

_SPREAD = Person(
    face_width=0.09,
    face_height=0.09,
    jaw=0.3,
    skin=22,
    hair=35,
    hair_width=0.10,
    hairline=0.10,
    eye_distance=0.06,
    eye_width=0.025,
    eye_height=0.012,
    iris=0.010,
    iris_shade=18,
    brow_height=0.035,
    brow_length=0.04,
    brow_thickness=0.018,
    brow_arch=0.03,
    brow_shade=25,
    nose_length=0.06,
    nose_width=0.035,
    mouth_height=0.05,
    mouth_width=0.04,
    lips=0.016,
    lip_shade=18,
    beard=14,
    glasses=0.02,
)
"""Standard deviations of people about the usual."""

_FARTHEST = 1.8  # standard deviations


def load(
    _: Path | None = None, *, people: int = PEOPLE, takes: int = TAKES, seed: int = 0
) -> Iterator[Record]:
    """Yields people x emotions x takes records of drawn faces; reads no folder.

    A person stays the same when there are more of them, or more takes.

    Args:
        people: how many.
        takes: pictures of each person and emotion.
        seed: of everything.
    """
    for number in range(people):
        person = draw_person(np.random.default_rng((seed, number)))
        for kind, emotion in enumerate(EMOTIONS):
            for take in range(takes):
                rng = np.random.default_rng((seed, number, kind, take))
                expression = vary(EXPRESSIONS[emotion], rng)
                yield Record(
                    f"{number:03}/{emotion}/{take}",
                    partial(_as_file, person, expression, draw_take(rng)),
                    emotion,
                    f"{number:03}",
                )


def draw_person(rng: np.random.Generator) -> Person:
    """Draws somebody's looks."""
    names = [field.name for field in fields(Person)]
    away = rng.standard_normal(len(names)).clip(-_FARTHEST, _FARTHEST).tolist()
    usual = Person()
    return Person(
        *(getattr(usual, n) + getattr(_SPREAD, n) * by for n, by in zip(names, away, strict=True))
    )


def vary(expression: Expression, rng: np.random.Generator) -> Expression:
    """An expression as it comes out once: 0.6 to 1.1 of its strength, each part a little off."""
    strength = float(rng.uniform(0.6, 1.1))
    names = [field.name for field in fields(Expression)]
    off = rng.normal(0, 0.07, len(names)).tolist()
    return Expression(
        *(getattr(expression, n) * strength + by for n, by in zip(names, off, strict=True))
    )


def draw_take(rng: np.random.Generator) -> Take:
    """Draws a pose and a light."""
    return Take(
        turn=float(rng.normal(0, 0.05)),
        scale=float(rng.uniform(0.9, 1.1)),
        shift=(float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.03, 0.03))),
        squeeze=float(1 - abs(rng.normal(0, 0.03))),
        light=(float(rng.normal(0, 18)), float(rng.normal(0, 10))),
        gain=float(rng.uniform(0.8, 1.1)),
        wall=float(rng.uniform(120, 225)),
        clothes=float(rng.uniform(30, 150)),
        noise=float(rng.uniform(1, 4)),
        noise_seed=int(rng.integers(2**32)),
    )


def _as_file(person: Person, expression: Expression, take: Take) -> bytes:
    return as_file(draw_face(person, expression, take, SIZE))
