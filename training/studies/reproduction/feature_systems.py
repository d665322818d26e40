"""Hand-made features, degraded pictures and the two controls, all by one tuned classifier."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import LDA, Attacker
from training.baselines import eigenfaces, gabor, hog
from training.baselines.degradations import DEGRADATIONS
from training.studies.reproduction.system import System, Told
from training.studies.reproduction.turn import Outcomes, Turn

CLASSIFIER: Attacker = LDA
"""Linear discriminants, whose shrinkage is chosen on inner splits of what a fold learns from."""

HAND_MADE: dict[str, dict[str, Any]] = {
    "HOG": {"orientations": hog.ORIENTATIONS, "cell": hog.CELL, "block": hog.BLOCK},
    "Gabor": {
        "wavelengths": gabor.WAVELENGTHS,
        "orientations": gabor.ORIENTATIONS,
        "cell": gabor.CELL,
    },
    "eigenfaces": {"variance": eigenfaces.VARIANCE},
}
"""The features and their settings."""

PIXELS = "raw pixels"
SHUFFLED = "shuffled labels"


def features_of(name: str, crops: NDArray[np.uint8], turn: Turn) -> NDArray[np.float64]:
    """Features of all crops, float64, (N, D); what is learned for them is learned from the fold."""
    if name == "HOG":
        return hog.features(crops)
    if name == "Gabor":
        return gabor.features(crops)
    return eigenfaces.features(crops, ~turn.fold.tested, turn.seed)


def _read(turn: Turn, features: NDArray[np.float64], name: str = "") -> Outcomes:
    behind = f"/{name}" if name else ""
    return {
        f"emotion{behind}": [turn.classified(features, CLASSIFIER, identity=False)],
        f"identity{behind}": [turn.classified(features, CLASSIFIER, identity=True)],
    }


def hand_made_systems() -> list[System]:
    """HOG, Gabor and eigenfaces, each read for emotion and for identity."""

    def of(name: str) -> System:
        def run(turn: Turn, told: Told) -> Outcomes:
            found = _read(turn, features_of(name, turn.fold.part.crops, turn))
            told(1.0)
            return found

        return System(name, HAND_MADE[name] | {"classifier": CLASSIFIER.name}, 1, run)

    return [of(name) for name in HAND_MADE]


def degraded_systems(strengths: dict[str, tuple[float, ...]]) -> list[System]:
    """Degraded pictures, read by the same features and classifier, which learn degraded ones too.

    Args:
        strengths: to be tried of each degradation.
    """

    def of(name: str, strength: float) -> System:
        def run(turn: Turn, told: Told) -> Outcomes:
            crops = DEGRADATIONS[name](turn.fold.part.crops, strength, turn.seed)
            found: Outcomes = {}
            for done, features in enumerate(HAND_MADE):
                found |= _read(turn, features_of(features, crops, turn), features)
                told((done + 1) / len(HAND_MADE))
            return found

        settings = {"strength": strength, "classifier": CLASSIFIER.name, "features": HAND_MADE}
        return System(f"{name} {strength:g}", settings, 2.5, run)

    return [of(name, strength) for name, tried in strengths.items() for strength in tried]


def control_systems(attackers: Sequence[Attacker]) -> list[System]:
    """Pixels must give the person away; under shuffled names nobody may be found.

    Args:
        attackers: whom to try.
    """

    def pixels(turn: Turn) -> NDArray[np.float64]:
        return turn.fold.part.crops.reshape(len(turn.fold.part), -1).astype(np.float64)

    def raw(turn: Turn, told: Told) -> Outcomes:
        found = turn.attacked(pixels(turn), pixels(turn), attackers, ())
        told(1.0)
        return found

    def shuffled(turn: Turn, told: Told) -> Outcomes:
        part = turn.fold.part
        # One shuffle for all folds: the seeds of the turns count up with their numbers.
        generator = np.random.default_rng(turn.seed - turn.number)
        names = replace(part, subject=generator.permutation(part.subject))
        other = replace(turn, fold=replace(turn.fold, part=names))
        found = other.attacked(pixels(turn), pixels(turn), attackers, ())
        told(1.0)
        return found

    tried = {"attackers": [attacker.name for attacker in attackers]}
    return [System(PIXELS, tried, 1, raw), System(SHUFFLED, tried, 1, shuffled)]
