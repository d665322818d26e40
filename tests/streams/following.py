"""What a stream's answers say, beside the truth of the clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tests.streams.scene import MOODS, Shot

_APART = 60
"""Pixels between two people from which it is plain who is who."""


@dataclass(frozen=True, slots=True)
class Following:
    """How well a clip was followed.

    Attributes:
        people: that each track was of.
        flicker: changes of single frames' labels, beyond those of the people.
        flicker_of_moods: the same of moods.
        right: share of faces, once a change is told, whose mood is the person's.
        right_raw: the same of single frames' labels.
        delay: longest time from a change to the mood that tells it, in seconds.
    """

    people: dict[int, set[int]]
    flicker: int
    flicker_of_moods: int
    right: float
    right_raw: float
    delay: float


def follow(clip: Sequence[Shot], told: Sequence[dict[str, Any]]) -> Following:
    """Compares.

    Args:
        clip: what was shown.
        told: the answer to each frame.
    """
    people: dict[int, set[int]] = {}
    labels: dict[int, list[str]] = {}
    moods: dict[int, list[str]] = {}
    right: list[tuple[bool, bool]] = []
    delays: list[float] = []
    changed: dict[int, float] = {}
    shown = [each[0] for each in MOODS]
    for shot, answer in zip(clip, told, strict=True):
        for who, mood in enumerate(shot.moods):
            if mood is None:
                changed.setdefault(who, shot.at)
            else:
                shown[who] = mood
        for face in answer["faces"]:
            middle = face["box"]["x"] + face["box"]["width"] / 2
            who = int(np.argmin([abs(middle - each) for each in shot.middles]))
            if abs(shot.middles[0] - shot.middles[1]) > _APART:
                people.setdefault(face["track"], set()).add(who)
            labels.setdefault(face["track"], []).append(face["emotion"]["label"])
            mood = face["mood"]["label"]
            moods.setdefault(face["track"], []).append(mood)
            if who in changed and shot.moods[who] is not None and mood == shown[who]:
                delays.append(shot.at - changed.pop(who))
            if who not in changed and shot.moods[who] is not None:
                right.append((mood == shot.moods[who], face["emotion"]["label"] == shot.moods[who]))
    share, share_raw = np.mean(right, axis=0)
    true = sum(len(each) - 1 for each in MOODS)
    return Following(
        people,
        max(_changes(labels) - true, 0),
        max(_changes(moods) - true, 0),
        float(share),
        float(share_raw),
        max(delays),
    )


def _changes(said: dict[int, list[str]]) -> int:
    return sum(a != b for each in said.values() for a, b in pairwise(each))
