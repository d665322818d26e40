"""Trains without one set, for each set in turn, and judges on it; goes on where it was stopped."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from faceveil.outputs import must_be_writable
from faceveil.rate import Rate
from training.commands.options import Precision
from training.data.crops import CropSet, join
from training.data.record import EMOTIONS, DataError
from training.data.sets import SETS, data_folder
from training.filter.algorithm import Filter, Recipe
from training.filter.distributed import refuse_several
from training.filter.kept import told
from training.filter.precision import settled
from training.lab.claim import claim, digest
from training.lab.experiment import pretrained, trained
from training.lab.judge import add_noise
from training.lab.plan import UNDEFENDED, Data, Plan, Report, undefended
from training.studies.make import (
    GEOMETRY,
    HELD_OUT,
    MEASURED_LEVELS,
    PRETRAINING,
    STRANGERS,
    cache_of,
    crops_of,
    refuse_missing,
    seen_by_teacher,
)
from training.studies.unseen.judge import Figures, Pictures, judge

WILD = "fer"
NOTHING = "nothing"
"""Stands for the set left out where none is: that filter is judged on what none learns from."""

_FOLDS = 10  # of the strangers of whom no emotions are told


@dataclass(frozen=True, slots=True)
class Request:
    """What `faceveil unseen` was asked for; see its options."""

    data: Path | None
    sets: tuple[str, ...]
    run: Path
    steps: int
    pretraining_steps: int
    seed: int
    teacher: bool = False
    mixing: float = Recipe().mixing
    precision: Precision = Precision.AUTO


@dataclass(frozen=True, slots=True)
class Row:
    """A filter, and what the set that it never saw tells of it.

    Attributes:
        system: `undefended`, or the name of a level.
        without: title of the set left out.
        figures: on that set.
        wild: accuracy on faces in the wild that were held out, where nothing was left out.
    """

    system: str
    without: str
    figures: Figures
    wild: Rate | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """All rows, and what it takes to make them again."""

    rows: list[Row]
    command: str
    created: str
    seed: int


def unseen(request: Request, report: Report) -> Unseen:
    """Trains and judges.

    Raises:
        DataError: if a set is not there.
        ValueError: if the run's folder holds another run.
    """
    refuse_several("faceveil unseen")
    torch.set_num_threads(1)
    folder = data_folder(request.data)
    if unknown := sorted(set(request.sets) - SETS.keys()):
        raise DataError(f"Unknown sets: {', '.join(unknown)}. Known: {', '.join(SETS)}.")
    if taken := sorted({WILD, HELD_OUT, STRANGERS} & set(request.sets)):
        raise DataError(
            f"{', '.join(taken)} cannot be left out in turn: each has its own part here."
        )
    names = [WILD, *request.sets]
    refuse_missing(names, folder, request.run, teacher=request.teacher)
    must_be_writable(folders=[request.run, cache_of(request.run)])
    names += [name for name in (HELD_OUT, STRANGERS) if SETS[name].is_in(folder)]
    crops = {name: crops_of(name, folder, request.run, report) for name in names}
    if request.teacher:
        for name in (WILD, *request.sets):
            crops[name] = seen_by_teacher(name, crops[name], request.run, report)
    side, recipe = GEOMETRY.width, Recipe(steps=request.steps, mixing=request.mixing)
    precision = settled(request.precision, recipe, side, len(EMOTIONS), request.run)
    mixed = precision.is_mixed
    plan = Plan(
        recipe=replace(recipe, mixed_precision=mixed),
        pretraining=replace(PRETRAINING, steps=request.pretraining_steps, mixed_precision=mixed),
        levels=MEASURED_LEVELS,
        folds=_FOLDS,
        seed=request.seed,
    )
    rows = []
    for kind, own in ((UNDEFENDED, undefended(plan)), ("defended", plan)):
        rows += list(_rows(kind, own, crops, request, report))
    words = ["faceveil", "unseen", "--sets", ",".join(request.sets), "--steps", str(request.steps)]
    words += ["--pretraining-steps", str(request.pretraining_steps), "--seed", str(request.seed)]
    words += ["--mixing", str(request.mixing), "--precision", precision]
    words += ["--teacher"] if request.teacher else []
    return Unseen(rows, shlex.join(words), datetime.now(UTC).date().isoformat(), request.seed)


def _rows(
    kind: str, plan: Plan, crops: dict[str, CropSet], request: Request, report: Report
) -> Iterator[Row]:
    folder = request.run / kind
    digests = {n: digest(c.crops, c.emotion, c.subject, c.likeness) for n, c in crops.items()}
    claim(folder, json.dumps([asdict(replace(plan, levels={}, attackers=())), digests]))
    wild = Data(named={}, wild={WILD: crops[WILD]}, held_out={}, strangers={})
    start = pretrained(wild, plan, folder, lambda stage, *far: report(f"{kind}: {stage}", *far))
    for left in (*request.sets, NOTHING):
        learned = join([crops[name] for name in (WILD, *request.sets) if name != left])
        stage, steps = f"{kind}: without {left}", plan.recipe.steps
        file = folder / f"without-{left}.pt"
        progress = told(report, stage, steps)
        model = trained(file, learned, plan, plan.recipe, plan.seed, start, progress)
        report(stage, steps, steps)
        pictures = Pictures(crops[WILD].crops, model.embed(crops[WILD].crops))
        for level, sigma in plan.levels.items():
            if left != NOTHING:
                title = SETS[left].info.name
                yield Row(level, title, judge(title, crops[left], model, sigma, plan, pictures))
            elif STRANGERS in crops:
                title = SETS[STRANGERS].info.name
                wilder = _in_the_wild(model, crops.get(HELD_OUT), sigma, plan)
                figures = judge(title, crops[STRANGERS], model, sigma, plan, pictures)
                yield Row(level, NOTHING, figures, wilder)


def _in_the_wild(model: Filter, held_out: CropSet | None, sigma: float, plan: Plan) -> Rate | None:
    """Plain accuracy on faces in the wild that were not learned from."""
    if held_out is None:
        return None
    read = model.classify(add_noise(model.embed(held_out.crops), sigma, plan.seed))
    return Rate.of(int((read == held_out.emotion).sum()), len(held_out))
