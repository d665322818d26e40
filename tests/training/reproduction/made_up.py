"""A fold of made-up crops, and systems that do next to nothing."""

from tests.training.faces import made_up_crops
from training.data.crops import CropSet
from training.lab.folds import Fold, deal, renumbered
from training.paper.preset import Preset

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


def made_up_fold(part: CropSet | None = None, folds: int = 4) -> Fold:
    """The first fold of it."""
    return deal(renumbered(part or made_up_part()), folds, 0)[0]
