"""A fold of made-up crops, and systems that do next to nothing."""

import numpy as np

from faceveil.audit.protocol import assign_folds
from tests.training.faces import made_up_crops
from training.data.crops import CropSet
from training.lab.judge import Fold
from training.paper.preset import Preset
from training.studies.reproduction.turn import Turn

PEOPLE, EMOTIONS, TAKES = 4, 3, 5

TINY = Preset(
    iterations=2,
    images=130,
    filters=(4, 4, 4),
    hidden=(8, 8),
    batch=32,
    learning_rate=3e-3,
    epochs=3,
    patience=2,
    adversarial_epochs=1,
    retraining_epochs=2,
)


def made_up_part(seed: int = 0) -> CropSet:
    """60 crops of 4 people with 3 emotions."""
    return made_up_crops(PEOPLE, TAKES, EMOTIONS, seed)


def made_up_turn(part: CropSet | None = None, folds: int = 4) -> Turn:
    """The first fold of it."""
    part = part or made_up_part()
    number = assign_folds(part.subject, part.group, folds, 0)
    return Turn(Fold(part, np.asarray(number == 0)), 0, seed=0)
