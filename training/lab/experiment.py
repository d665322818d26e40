"""Trains the filters of an experiment; a run that was killed goes on where it was.

Everything that took long is kept in the run's folder: `pretrained.pt`, `fold-K.pt`, `final.pt`, and
a checkpoint of the one that is not finished (`training.filter.checkpoint`). The same call finds
them there and does not do them again. Processes that torchrun started train together; judging is
for the first of them alone.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from faceveil.model.card import Result
from training.data.crops import CropSet, join
from training.filter.algorithm import Filter, Recipe, train
from training.filter.checkpoint import Checkpoint
from training.filter.kept import kept, told
from training.lab.claim import claim, digest
from training.lab.judge import (
    Embedded,
    Judged,
    deal_folds,
    judge_emotion,
    judge_set,
    judge_strangers,
)
from training.lab.plan import Data, Plan, Report


def train_folds(data: Data, plan: Plan, folder: Path, report: Report) -> list[Filter]:
    """Trains a filter a fold, on all sets at once; each set is dealt to the folds by itself.

    Raises:
        ValueError: if the folder holds a run of another plan or other data.
    """
    _claim(folder, data, plan)
    start = pretrained(data, plan, folder, report)
    stage, total = "cross-validation", plan.recipe.steps * plan.folds
    filters = []
    for number in range(plan.folds):
        learned = learned_in(data, plan, number)
        filters.append(
            trained(
                folder / f"fold-{number}.pt",
                learned,
                plan,
                plan.recipe,
                plan.seed + number,
                start,
                told(report, stage, total, before=plan.recipe.steps * number),
            )
        )
    report(stage, total, total)  # nothing else speaks where all were there
    return filters


def learned_in(data: Data, plan: Plan, number: int) -> CropSet:
    """What the filter of one fold learns from."""
    folds = [deal_folds(part, plan)[number] for part in data.named.values()]
    return join([*data.wild.values(), *(fold.part.take(~fold.tested) for fold in folds)])


def everything(data: Data) -> CropSet:
    """What the filter that is released learns from."""
    return join([*data.wild.values(), *data.named.values()])


def judge_folds(
    data: Data,
    plan: Plan,
    filters: Sequence[Filter],
    report: Report,
    deployed: Callable[[Filter, CropSet], Judged] = lambda filter_, learned: filter_,
) -> list[Result]:
    """Judges each fold's filter on the images that it did not learn from.

    Args:
        data: the sets.
        plan: of the cross-validation.
        filters: one a fold, as `train_folds` gives them.
        report: told how far it is.
        deployed: makes of a trained filter, and of what it learned from, what is released: as one
            in other arithmetic.
    """
    ready = [
        deployed(filter_, learned_in(data, plan, number)) for number, filter_ in enumerate(filters)
    ]
    results = []
    for name, part in data.named.items():
        seen = [
            Embedded(fold, model, model.embed(part.crops))
            for fold, model in zip(deal_folds(part, plan), ready, strict=True)
        ]
        results += judge_set(name, seen, plan, report)
    return results


def train_final(data: Data, plan: Plan, folder: Path, report: Report) -> Filter:
    """Trains the filter that is released, on all sets.

    Raises:
        ValueError: as `train_folds` does.
    """
    _claim(folder, data, plan)
    start = pretrained(data, plan, folder, report)
    stage, steps = "final training", plan.recipe.steps
    made = trained(
        folder / "final.pt",
        everything(data),
        plan,
        plan.recipe,
        plan.seed,
        start,
        told(report, stage, steps),
    )
    report(stage, steps, steps)
    return made


def judge_final(data: Data, plan: Plan, final: Judged, report: Report) -> list[Result]:
    """Judges the filter that is released on what was held out of its training."""
    results = []
    for name, held_out in data.held_out.items():
        results += judge_emotion(name, final, held_out, plan)
    for name, strangers in data.strangers.items():
        results += judge_strangers(name, final, strangers, plan, report)
    return results


def pretrained(data: Data, plan: Plan, folder: Path, report: Report) -> Filter | None:
    """The filter that has learned the sets without names; None where there are none of them."""
    if not data.wild:
        return None
    stage, steps = "training on faces without names", plan.pretraining.steps
    made = trained(
        folder / "pretrained.pt",
        join(data.wild.values()),
        plan,
        plan.pretraining,
        plan.seed,
        None,
        told(report, stage, steps),
    )
    report(stage, steps, steps)
    return made


def trained(
    file: Path,
    learned: CropSet,
    plan: Plan,
    recipe: Recipe,
    seed: int,
    start: Filter | None,
    progress: Callable[[int, dict[str, float]], None],
) -> Filter:
    """The filter that the file keeps, trained first where it is not there.

    A training that was stopped goes on from the checkpoint beside the file.
    """
    classes = len(plan.labels)
    checkpoint = Checkpoint(file.with_suffix(".checkpoint"))
    made = kept(
        file,
        learned.crops.shape[1],
        classes,
        recipe,
        lambda: train(
            learned,
            recipe,
            classes=classes,
            seed=seed,
            start=start,
            progress=progress,
            checkpoint=checkpoint,
        ),
    )
    checkpoint.forget()
    return made


def _claim(folder: Path, data: Data, plan: Plan) -> None:
    """Writes down what the folder is for; refuses one that is for something else."""
    # Levels and attackers come after training: changing them leaves what was trained valid.
    trained = asdict(replace(plan, levels={}, attackers=()))
    claim(folder, json.dumps([trained, digests(data, plan)], indent=1, sort_keys=True))


def digests(data: Data, plan: Plan) -> dict[str, str]:
    """A value for each set that is learned from; it changes with the set and with its folds."""
    found = {n: digest(part.crops, part.emotion, part.likeness) for n, part in data.wild.items()}
    for name, part in data.named.items():
        # With other folds, a kept filter would have learned from images that it is tested on.
        tested = [fold.tested for fold in deal_folds(part, plan)]
        found[name] = digest(part.crops, part.emotion, part.subject, part.likeness, *tested)
    return found
