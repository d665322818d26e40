"""What is to be shown in each picture of a set: planned from a seed, before anything is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from training.data.animated.action_units import Acting, act, nod_of
from training.data.animated.take import Take, draw_take
from training.data.record import EMOTIONS

_SHOWN = 0.3
"""Strength from which on a frame of a clip counts as showing its emotion."""
_RISE, _FALL = 0.33, 0.4
"""Shares of a clip: faces let go more slowly than they begin."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is made of each portrait.

    Attributes:
        takes: pictures of each person and emotion; or clips, where they have frames.
        frames: of each clip; 1 for single pictures.
        size: of the pictures in pixels, width and height.
        seed: of everything.
        boldness: of the expressions: above 1, stronger than people show them unasked.
    """

    takes: int = 10
    frames: int = 1
    size: int = 128
    seed: int = 0
    boldness: float = 1.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, and all that is known of it.

    Attributes:
        image: path from the set's folder.
        subject: who is shown.
        emotion: as it is labelled: a clip begins and ends neutral.
        session: the clip; empty for single pictures.
        strength: 0 to 1 of the expression; 1 in single pictures.
        acting: action units at that strength.
        take: pose, light and camera.
        seed: of the camera's noise.
    """

    image: str
    subject: str
    emotion: str
    session: str
    strength: float
    acting: Acting
    take: Take
    seed: tuple[int, ...]


def shots_of(subject: str, number: int, plan: Plan) -> Iterator[Shot]:
    """The pictures of one subject, the same however many other subjects or takes there are.

    Args:
        subject: who it is.
        number: of the subject in the set.
        plan: what is to be made.
    """
    for kind, emotion in enumerate(EMOTIONS):
        for number_of_take in range(plan.takes):
            seed = (plan.seed, number, kind, number_of_take)
            rng = np.random.default_rng(seed)
            acting, take = act(emotion, rng), draw_take(rng)
            name = f"{emotion}-{number_of_take:02}"
            clip = plan.frames > 1
            for frame in range(plan.frames):
                strength = rise_and_fall(frame, plan.frames) if clip else 1.0
                shown = acting.scaled(strength * plan.boldness)
                yield Shot(
                    f"{subject}/{emotion}/{name}{f'-{frame:02}' if clip else ''}.jpg",
                    subject,
                    emotion if strength >= _SHOWN else "neutral",
                    name if clip else "",
                    strength,
                    shown,
                    replace(take, pitch=take.pitch + nod_of(shown)),
                    (*seed, frame),
                )


def rise_and_fall(frame: int, frames: int) -> float:
    """How much of its strength an expression has in a frame of a clip: it rises, holds and falls.

    Args:
        frame: 0 to `frames` - 1; the first and the last show nothing.
        frames: 2 or more.
    """
    at = frame / (frames - 1)
    share = min(at / _RISE, (1 - at) / _FALL, 1.0)
    return share * share * (3 - 2 * share)  # smooth at both ends
