"""Trains without one set, for each set in turn, and judges on it; goes on where it was stopped."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import torch

from faceveil.rate import Rate
from training.data.crops import CropSet, join
from training.data.digest import digest
from training.data.record import DataError
from training.data.sets import SETS, data_folder
from training.filter.algorithm import Filter, Recipe
from training.filter.distributed import refuse_several
from training.lab.experiment import pretrained
from training.lab.judge import add_noise
from training.lab.plan import UNDEFENDED, Data, Plan, Progress, undefended, within
from training.lab.runner import Run
from training.studies.gather import HELD_OUT, STRANGERS, WILD, gathered, refuse_at_once
from training.studies.preset import plan_of, with_precision
from training.studies.unseen.judge import NOTHING, Figures, Left
from training.studies.unseen.options import UnseenStudy

_FOLDS = 10  # of the strangers of whom no emotions are known


@dataclass(frozen=True, slots=True)
class Unseen:
    """All figures, and what it takes to measure them again."""

    rows: list[Figures]
    command: str
    created: str
    seed: int
    undefended: bool


def unseen(study: UnseenStudy, progress: Progress) -> Unseen:
    """Trains and judges.

    Raises:
        DataError: if a set is not there.
        ValueError: if the run's folder holds another run.
    """
    refuse_several("faceveil unseen")
    torch.set_num_threads(1)
    folder, sets = data_folder(study.data), study.sets.split(",")
    if taken := sorted({WILD, HELD_OUT, STRANGERS} & set(sets)):
        raise DataError(
            f"{', '.join(taken)} cannot be left out in turn: each has its own part here."
        )
    learned = [WILD, *sets]
    refuse_at_once(learned, study, teacher=study.teacher)
    others = [name for name in (HELD_OUT, STRANGERS) if SETS[name].is_in(folder)]
    crops = gathered([*learned, *others], study, progress, learned if study.teacher else ())
    recipe = Recipe(steps=study.steps, mixing=study.mixing)
    study = with_precision(study, plan_of(study, recipe, _FOLDS).recipe)
    plan = plan_of(study, recipe, _FOLDS)
    rows = []
    beside = {UNDEFENDED: undefended(plan)} if study.reference else {}
    for kind, own in (beside | {"defended": plan}).items():
        digests = {n: digest(c.crops, c.emotion, c.subject, c.likeness) for n, c in crops.items()}
        purpose = json.dumps([asdict(own.trained), digests])
        run = Run.claimed(study.folder / kind, purpose, within(kind, progress))
        rows += list(_rows(own, sets, crops, run))
    return Unseen(
        rows, study.command, datetime.now(UTC).date().isoformat(), study.seed, study.reference
    )


def _rows(plan: Plan, sets: list[str], crops: dict[str, CropSet], run: Run) -> Iterator[Figures]:
    """Figures for each set left out, and each level."""
    wild = crops[WILD]
    start = pretrained(Data({}, {WILD: wild}, {}, {}), plan, run)
    for left in (*sets, NOTHING):
        model = run.trained(
            f"without-{left}",
            join([crops[name] for name in (WILD, *sets) if name != left]),
            plan.recipe,
            classes=len(plan.labels),
            seed=plan.seed,
            start=start,
            stage=f"without {left}",
        )
        judged_on = STRANGERS if left == NOTHING else left
        if judged_on not in crops:
            continue
        without = NOTHING if left == NOTHING else SETS[left].info.name
        trial = Left(without, plan.deal(crops[judged_on]), model, plan, run, wild.crops)
        for level, sigma in plan.levels.items():
            figures = trial.judged(level, sigma)
            if left == NOTHING:
                read = _in_the_wild(model, crops.get(HELD_OUT), sigma, plan)
                figures = replace(figures, wild=read)
            yield figures


def _in_the_wild(model: Filter, held_out: CropSet | None, sigma: float, plan: Plan) -> Rate | None:
    """Plain accuracy on faces in the wild that were not learned from."""
    if held_out is None:
        return None
    read = model.classify(add_noise(model.embed(held_out.crops), sigma, plan.seed))
    return Rate.of(int((read == held_out.emotion).sum()), len(held_out))
