"""Trains the filters of an experiment; a run that was killed goes on where it was.

Everything that took long is kept in the run's folder: `pretrained.pt`, `fold-K.pt`, `final.pt`.
The same call finds them there and does not do them again.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path

from service.engine.card import Result
from training.algorithm import Filter, train
from training.claim import claim, digest
from training.data.crops import join
from training.data.record import EMOTIONS
from training.judge import Embedded, deal_folds, judge_emotion, judge_set, judge_strangers
from training.kept import kept, told
from training.plan import Data, Plan, Report


def cross_validate(data: Data, plan: Plan, folder: Path, report: Report) -> list[Result]:
    """Trains a filter a fold and judges each on the images that it did not learn from.

    Raises:
        ValueError: if the folder holds a run of another plan or other data.
    """
    _claim(folder, data, plan)
    folds = _folds(data, plan, folder, pretrained(data, plan, folder, report), report)
    return [result for name in data.named for result in judge_set(name, folds[name], plan, report)]


def train_on_all(
    data: Data, plan: Plan, folder: Path, report: Report
) -> tuple[Filter, list[Result]]:
    """Trains the filter that is released, on all sets, and judges it on what was held out.

    Raises:
        ValueError: as `cross_validate` does.
    """
    _claim(folder, data, plan)
    start = pretrained(data, plan, folder, report)
    everything = join([*data.wild.values(), *data.named.values()])
    final = kept(
        folder / "final.pt",
        everything.crops.shape[1],
        plan.recipe,
        lambda: train(
            everything,
            plan.recipe,
            classes=len(EMOTIONS),
            seed=plan.seed,
            start=start,
            progress=told(report, "final training", plan.recipe.steps),
        ),
    )
    results = []
    for name, held_out in data.held_out.items():
        results += judge_emotion(name, final, held_out, plan)
    for name, strangers in data.strangers.items():
        results += judge_strangers(name, final, strangers, plan, report)
    return final, results


def pretrained(data: Data, plan: Plan, folder: Path, report: Report) -> Filter | None:
    """The filter that has learned the sets without names; None where there are none of them."""
    if not data.wild:
        return None
    wild = join(data.wild.values())
    return kept(
        folder / "pretrained.pt",
        wild.crops.shape[1],
        plan.pretraining,
        lambda: train(
            wild,
            plan.pretraining,
            classes=len(EMOTIONS),
            seed=plan.seed,
            progress=told(report, "training on faces without names", plan.pretraining.steps),
        ),
    )


def _folds(
    data: Data, plan: Plan, folder: Path, start: Filter | None, report: Report
) -> dict[str, list[Embedded]]:
    """Trains a filter a fold, on all sets at once; each set is dealt to the folds by itself."""
    folds_of = {name: deal_folds(part, plan) for name, part in data.named.items()}
    seen: dict[str, list[Embedded]] = {name: [] for name in data.named}
    for number in range(plan.folds):
        folds = {name: folds[number] for name, folds in folds_of.items()}
        learned = join(
            [*data.wild.values(), *(fold.part.take(~fold.tested) for fold in folds.values())]
        )
        model = kept(
            folder / f"fold-{number}.pt",
            learned.crops.shape[1],
            plan.recipe,
            lambda learned=learned, number=number: train(  # type: ignore[misc]
                learned,
                plan.recipe,
                classes=len(EMOTIONS),
                seed=plan.seed + number,
                start=start,
                progress=told(
                    report,
                    "cross-validation",
                    plan.recipe.steps * plan.folds,
                    before=plan.recipe.steps * number,
                ),
            ),
        )
        for name, fold in folds.items():
            seen[name].append(Embedded(fold, model, model.embed(fold.part.crops)))
    return seen


def _claim(folder: Path, data: Data, plan: Plan) -> None:
    """Writes down what the folder is for; refuses one that is for something else."""
    digests = {name: digest(part.crops, part.emotion) for name, part in data.wild.items()}
    for name, part in data.named.items():
        # With other folds, a kept filter would have learned from images that it is tested on.
        tested = [fold.tested for fold in deal_folds(part, plan)]
        digests[name] = digest(part.crops, part.emotion, part.subject, *tested)
    # Levels and attackers come after training: changing them leaves what was trained valid.
    trained = asdict(replace(plan, levels={}, attackers=()))
    claim(folder, json.dumps([trained, digests], indent=1, sort_keys=True))
