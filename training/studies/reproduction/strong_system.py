"""The project's own filter on the same folds."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from faceveil.audit.attackers import Attacker
from faceveil.audit.closed_set import answered
from training.filter.algorithm import Recipe, train
from training.lab.attack import Gallery
from training.lab.cells import Outcomes
from training.lab.folds import Fold
from training.lab.judge import add_noise
from training.lab.system import Share, System


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

    def run(fold: Fold, share: Share) -> Outcomes:
        part, tested = fold.part, fold.tested
        model = train(
            part.take(~tested),
            recipe,
            classes=fold.emotions,
            seed=fold.seed,
            progress=lambda step, _: share(0.9 * step / recipe.steps),
        )
        clean = model.embed(part.crops)
        released = add_noise(clean, sigma, fold.seed)
        read = model.classify(released[tested])
        scores = np.log(np.maximum(np.eye(fold.emotions)[read], 1e-13))
        emotion = answered(scores, part.emotion[tested], converged=True)
        galleries = {Gallery.RELEASED: released, Gallery.NOISE_FREE: clean}
        return {"emotion": [emotion]} | fold.attacked(galleries, released, attackers, across)

    settings = asdict(recipe) | {
        "sigma": sigma,
        "attackers": [a.name for a in attackers],
        "across": [a.name for a in across],
    }
    return System("strong", settings, 20 + 0.09 * recipe.steps, run)
