"""Hand-made features, degraded pictures and the two controls, all by one tuned classifier."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import LDA, Attacker
from training.baselines import eigenfaces, gabor, hog
from training.baselines.degradations import DEGRADATIONS
from training.lab.attack import Gallery
from training.lab.cells import Outcomes
from training.lab.folds import Fold
from training.lab.system import Share, System

CLASSIFIER: Attacker = LDA
"""Linear discriminants, whose shrinkage is chosen on inner splits of what a fold learns from."""

Crops = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Features:
    """Features made by hand.

    Attributes:
        settings: JSON-able; of them.
        of: them of all crops of a fold: (N, H, W) uint8 to (N, D) float64. What is learned for them
            is learned from the rows that are not tested.
    """

    settings: dict[str, Any]
    of: Callable[[Crops, Fold], NDArray[np.float64]]


HAND_MADE = {
    "HOG": Features(
        {"orientations": hog.ORIENTATIONS, "cell": hog.CELL, "block": hog.BLOCK},
        lambda crops, _: hog.features(crops),
    ),
    "Gabor": Features(
        {
            "wavelengths": gabor.WAVELENGTHS,
            "orientations": gabor.ORIENTATIONS,
            "cell": gabor.CELL,
        },
        lambda crops, _: gabor.features(crops),
    ),
    "eigenfaces": Features(
        {"variance": eigenfaces.VARIANCE},
        lambda crops, fold: eigenfaces.features(crops, ~fold.tested, fold.seed),
    ),
}
"""By name."""

PIXELS = "raw pixels"
SHUFFLED = "shuffled labels"


def _read(fold: Fold, features: NDArray[np.float64], name: str = "") -> Outcomes:
    behind = f"/{name}" if name else ""
    return {
        f"emotion{behind}": [fold.classified(features, CLASSIFIER, identity=False)],
        f"identity{behind}": [fold.classified(features, CLASSIFIER, identity=True)],
    }


def hand_made_systems() -> list[System]:
    """HOG, Gabor and eigenfaces, each read for emotion and for identity."""

    def of(name: str) -> System:
        def run(fold: Fold, share: Share) -> Outcomes:
            found = _read(fold, HAND_MADE[name].of(fold.part.crops, fold))
            share(1.0)
            return found

        return System(name, HAND_MADE[name].settings | {"classifier": CLASSIFIER.name}, 1, run)

    return [of(name) for name in HAND_MADE]


def degraded_systems(strengths: dict[str, tuple[float, ...]]) -> list[System]:
    """Degraded pictures, read by the same features and classifier, which learn degraded ones too.

    Args:
        strengths: to be tried of each degradation.
    """
    read = {name: features.settings for name, features in HAND_MADE.items()}

    def of(name: str, strength: float) -> System:
        def run(fold: Fold, share: Share) -> Outcomes:
            crops = DEGRADATIONS[name](fold.part.crops, strength, fold.seed)
            found: Outcomes = {}
            for done, (features, hand_made) in enumerate(HAND_MADE.items()):
                found |= _read(fold, hand_made.of(crops, fold), features)
                share((done + 1) / len(HAND_MADE))
            return found

        settings = {"strength": strength, "classifier": CLASSIFIER.name, "features": read}
        return System(f"{name} {strength:g}", settings, 2.5, run)

    return [of(name, strength) for name, tried in strengths.items() for strength in tried]


def control_systems(attackers: Sequence[Attacker]) -> list[System]:
    """Pixels must give the person away; under shuffled names nobody may be found.

    Args:
        attackers: whom to try.
    """

    def pixels(fold: Fold) -> NDArray[np.float64]:
        return fold.part.crops.reshape(len(fold.part), -1).astype(np.float64)

    def raw(fold: Fold, share: Share) -> Outcomes:
        found = fold.attacked({Gallery.RELEASED: pixels(fold)}, pixels(fold), attackers)
        share(1.0)
        return found

    def shuffled(fold: Fold, share: Share) -> Outcomes:
        part = fold.part
        # One shuffle for all folds: their seeds count up with their numbers.
        generator = np.random.default_rng(fold.seed - fold.number)
        names = replace(part, subject=generator.permutation(part.subject))
        other = replace(fold, part=names)
        found = other.attacked({Gallery.RELEASED: pixels(fold)}, pixels(fold), attackers)
        share(1.0)
        return found

    tried = {"attackers": [attacker.name for attacker in attackers]}
    return [System(PIXELS, tried, 1, raw), System(SHUFFLED, tried, 1, shuffled)]
