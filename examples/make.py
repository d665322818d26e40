"""Makes the files in this folder again: `python -m examples.make`."""

import csv
import io
from pathlib import Path

import numpy as np
from PIL import Image

from training.data.drawn import EXPRESSIONS
from training.data.drawn_face import Person, Take, draw_face

FOLDER = Path(__file__).parent
PEOPLE, DIMENSION, ROUNDS = 8, 16, 2
EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "fear")
LIKENESS = 0.6
"""How far people lie apart, where 1 is how far the takes of one of them do."""


def face() -> bytes:
    """A JPEG of a drawn person who is surprised."""
    drawn = draw_face(Person(), EXPRESSIONS["surprise"], Take(), 320)
    file = io.BytesIO()
    Image.fromarray(drawn).save(file, "JPEG", quality=85)
    return file.getvalue()


def features(seed: int = 0) -> str:
    """A `.csv` of embeddings that nobody defended: they tell the emotion, and the person too.

    Twelve of each of eight people who do not exist, two an emotion, 16 values each.
    """
    rng = np.random.default_rng(seed)
    people = rng.normal(0, LIKENESS, (PEOPLE, DIMENSION))
    emotions = rng.normal(0, 1, (len(EMOTIONS), DIMENSION))
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["subject", "emotion", *(f"e{number}" for number in range(DIMENSION))])
    for person in range(PEOPLE):
        for emotion in np.repeat(np.arange(len(EMOTIONS)), ROUNDS):
            values = people[person] + emotions[emotion] + rng.normal(0, 1, DIMENSION)
            shown = (f"{value:.3f}" for value in values)
            writer.writerow([f"person {person + 1}", EMOTIONS[emotion], *shown])
    return file.getvalue()


def main() -> None:
    """Writes them."""
    (FOLDER / "face.jpg").write_bytes(face())
    (FOLDER / "features.csv").write_text(features(), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
