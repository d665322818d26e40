"""The project's own filter on the same folds."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from faceveil.audit.attackers import Attacker
from faceveil.audit.closed_set import answered
from training.filter.algorithm import Recipe, train
from training.lab.judge import add_noise
from training.studies.reproduction.system import System, Told
from training.studies.reproduction.turn import NOISE_FREE, Outcomes, Turn


def strong_system(
    recipe: Recipe, sigma: float, attackers: Sequence[Attacker], across: Sequence[Attacker]
) -> System:
    """Trained on the fold's images alone, without pretraining; released with noise of one level.

    Attackers have released embeddings, and once more noise-free ones, as who owns the model has.

    Args:
        recipe: of the training.
        sigma: of the level.
        attackers: on what is released.
        across: those of them who are also tried with other emotions only.
    """

    def run(turn: Turn, told: Told) -> Outcomes:
        part, tested = turn.fold.part, turn.fold.tested
        model = train(
            part.take(~tested),
            recipe,
            classes=turn.emotions,
            seed=turn.seed,
            progress=lambda step, _: told(0.9 * step / recipe.steps),
        )
        clean = model.embed(part.crops)
        released = add_noise(clean, sigma, turn.seed)
        told_emotion = model.classify(released[tested])
        scores = np.log(np.maximum(np.eye(turn.emotions)[told_emotion], 1e-13))
        emotion = answered(scores, part.emotion[tested], converged=True)
        return (
            {"emotion": [emotion]}
            | turn.attacked(released, released, attackers, across)
            | turn.attacked(clean, released, attackers, across, NOISE_FREE)
        )

    settings = asdict(recipe) | {
        "sigma": sigma,
        "attackers": [a.name for a in attackers],
        "across": [a.name for a in across],
    }
    return System("strong", settings, 20 + 0.09 * recipe.steps, run)
