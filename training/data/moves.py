"""What an animated face shows beyond a word: valence, arousal, and how strongly it moves.

Action units are those of Ekman, Friesen, Hager 2002, Facial Action Coding System. Valence and
arousal are pleasure and arousal in Russell, Mehrabian 1977, "Evidence for a three-factor theory of
emotions", Journal of Research in Personality 11, whose table gives the means of many people's
ratings of the words. They place what a face shows by convention, and measure nobody's feelings.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.data.record import DataError

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 15, 17, 20, 23, 25, 26, 43)
"""Action units that are told, by their numbers."""

MOVES = ("valence", "arousal", *(f"AU{unit}" for unit in UNITS))
"""What each value of a face's moves is: -1 to 1 the first two, the strengths 0 to 1."""

PLACES: Mapping[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "happiness": (0.81, 0.51),
    "surprise": (0.40, 0.67),
    "sadness": (-0.63, -0.27),
    "anger": (-0.51, 0.59),
    "disgust": (-0.60, 0.35),
    "fear": (-0.64, 0.60),
}
"""Valence and arousal of an emotion at its full strength: of the words happy, surprised, sad,
angry, disgusted and fearful. Neutral is the middle of the scales."""

DETAILS = "animation.jsonl"
"""Beside a set's manifest, a line a picture: action units, strength, pose, light and camera."""


def moves_in(folder: Path) -> dict[str, tuple[float, ...]]:
    """The moves of each picture that the animator wrote into a folder; of none in other folders.

    A unit's strength is the mean of both sides'. It is what was added to a neutral portrait: what
    was left of the person's own expression is not in it.

    Returns:
        By the picture's path from the folder, values in the order of `MOVES`.

    Raises:
        DataError: if the file is not as the animator writes it.
    """
    file = folder / DETAILS
    if not file.exists():
        return {}
    with file.open(encoding="utf-8") as lines:
        try:
            return {shot["image"]: _moves(shot) for shot in map(json.loads, lines)}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError(
                f"{file} is not as faceveil animate writes it. Make the set again, or take the "
                "file away to train without action units."
            ) from None


def _moves(shot: Mapping[str, Any]) -> tuple[float, ...]:
    sides = (shot["acting"]["left"], shot["acting"]["right"])
    return (
        *(place * shot["strength"] for place in PLACES[shot["emotion"]]),
        *(min(sum(side.get(str(unit), 0.0) for side in sides) / 2, 1.0) for unit in UNITS),
    )
