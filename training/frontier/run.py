"""Tries the variants on an inner split, then the preset on all folds; goes on where it was stopped.

The inner split lies within what the first fold learns from. The images that the other folds test
are in it, so whoever chooses by it has seen nine tenths of what is reported; the table says so.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch

from service.audit.attackers import CONDITIONED, LADDER, KnowingEmotion
from service.engine.card import Result
from training.algorithm import Filter, Recipe
from training.card import worst_of
from training.claim import claim, digest
from training.data.crops import CropSet
from training.data.record import DataError
from training.data.sets import SETS, data_folder
from training.distributed import refuse_several
from training.experiment import pretrained, trained
from training.frontier.picture import Kind, Panel, Point
from training.frontier.variants import PRESET, Variant, variants
from training.judge import Embedded, Fold, deal_folds, judge_set
from training.kept import told
from training.make import MEASURED_LEVELS, PRETRAINING, crops_of, seen_by_teacher
from training.plan import Data, Plan, Report
from training.reproduction.published import PAPER

WILD = "fer"
INNER_FOLDS = 3
REPORTED = "all folds"
"""Stands for the variant where the preset is reported."""


@dataclass(frozen=True, slots=True)
class Request:
    """What `faceveil frontier` was asked for; see its options."""

    data_set: str
    data: Path | None
    run: Path
    folds: int
    steps: int
    pretraining_steps: int
    seed: int
    teacher: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A variant at a level.

    Attributes:
        variant: its name, or `REPORTED`.
        what: it is, in words.
        level: of noise.
        emotion: how much of the mood is read.
        worst: the attack that names most people.
        across: the one that does among those who hold other emotions only.
        hybrid2face: the paper's attacker, on released embeddings.
    """

    variant: str
    what: str
    level: str
    emotion: Result
    worst: Result
    across: Result | None
    hybrid2face: Result


@dataclass(frozen=True, slots=True)
class Frontier:
    """All rows, and what it takes to make them again."""

    data: str
    rows: list[Row]
    results: list[Result]
    command: str
    created: str
    seed: int
    folds: int


def frontier(request: Request, report: Report) -> Frontier:
    """Trains and judges.

    Raises:
        DataError: if a set is not there.
        ValueError: if the run's folder holds another run.
    """
    refuse_several("faceveil frontier")
    torch.set_num_threads(1)
    folder = data_folder(request.data)
    crops = {name: crops_of(name, folder, request.run, report) for name in (WILD, request.data_set)}
    if request.teacher:
        for name, part in crops.items():
            crops[name] = seen_by_teacher(name, part, request.run, report)
    plan = Plan(
        recipe=Recipe(steps=request.steps),
        pretraining=replace(PRETRAINING, steps=request.pretraining_steps),
        levels=MEASURED_LEVELS,
        folds=request.folds,
        seed=request.seed,
        attackers=(*LADDER, *map(KnowingEmotion, CONDITIONED)),
    )
    return tried(crops[WILD], crops[request.data_set], plan, request, report)


def tried(wild: CropSet, part: CropSet, plan: Plan, request: Request, report: Report) -> Frontier:
    """Tries the variants, and reports the preset.

    Args:
        wild: faces without names, to start from.
        part: the set.
        plan: with the preset's recipe.
        request: where it is kept.
        report: told how far it is.

    Raises:
        DataError: if the set is too small for the folds.
        ValueError: if the run's folder holds another run.
    """
    if len(part) < 2 * request.folds:
        raise DataError(f"Too few pictures for {request.folds} folds.")
    digests = [digest(c.crops, c.emotion, c.subject, c.group, c.likeness) for c in (wild, part)]
    every = variants(plan.recipe)
    if not request.teacher:
        del every["no teacher"]
    settings = asdict(replace(plan, levels={}, attackers=()))
    recipes = {name: asdict(variant.recipe) for name, variant in every.items()}
    claim(request.run, json.dumps([settings, recipes, digests]))
    start = pretrained(Data({}, {WILD: wild}, {}, {}), plan, request.run, report)
    title = SETS[request.data_set].info.name
    rows = []
    outer = deal_folds(part, plan)
    within = part.take(~outer[0].tested)
    inner = deal_folds(within, replace(plan, folds=INNER_FOLDS, seed=plan.seed + 1))
    for name, variant in every.items():
        found = _judged(title, name, variant, inner, start, plan, request, report)
        rows += _rows(name, variant.what, found, plan)
    results = _judged(title, REPORTED, every[PRESET], outer, start, plan, request, report)
    rows += _rows(REPORTED, f"the preset on {request.folds} folds", results, plan)
    words = ["faceveil", "frontier", request.data_set, "--folds", str(request.folds)]
    words += ["--steps", str(request.steps), "--pretraining-steps", str(request.pretraining_steps)]
    words += ["--seed", str(request.seed), *(["--teacher"] if request.teacher else [])]
    created = datetime.now(UTC).date().isoformat()
    return Frontier(title, rows, results, shlex.join(words), created, request.seed, request.folds)


def panels(found: Frontier, data_set: str) -> list[Panel]:
    """The variants on the inner split, and the preset on all folds beside the paper."""
    chance = found.rows[0].worst.chance
    inner = [row for row in found.rows if row.variant != REPORTED]
    preset = [_point(row, row.level) for row in inner if row.variant == PRESET]
    others = [
        _point(row, row.variant, "reference")
        for row in inner
        if row.variant != PRESET and row.level == "balanced"
    ]
    reported = [_point(row, row.level) for row in found.rows if row.variant == REPORTED]
    told_by = PAPER[data_set].accuracy
    paper = Point(
        "the paper, its own attacker",
        "published",
        told_by["Hybrid2Emotion"] / 100,
        told_by["Hybrid2Face"] / 100,
    )
    return [
        Panel(f"{found.data}, {found.folds} folds", chance, [*reported, paper]),
        Panel(f"{found.data}, inner split: variants at balanced", chance, [*preset, *others]),
    ]


def _point(row: Row, name: str, kind: Kind = "filter") -> Point:
    return Point(name, kind, row.emotion.rate, row.worst.rate)


def _judged(
    title: str,
    name: str,
    variant: Variant,
    folds: Sequence[Fold],
    start: Filter | None,
    plan: Plan,
    request: Request,
    report: Report,
) -> list[Result]:
    """Trains a filter a fold on the set's own images, and judges all."""
    steps = variant.recipe.steps
    seen = []
    for number, fold in enumerate(folds):
        file = request.run / name.replace(" ", "-") / f"fold-{number}.pt"
        file.parent.mkdir(exist_ok=True)
        progress = told(report, f"training: {name}", steps * len(folds), steps * number)
        learned = fold.part.take(~fold.tested)
        seed = plan.seed + number
        model = trained(file, learned, plan, variant.recipe, seed, start, progress)
        seen.append(Embedded(fold, model, model.embed(fold.part.crops)))
    return judge_set(title, seen, plan, partial(_named, report, name))


def _named(report: Report, name: str, stage: str, done: int, total: int) -> None:
    report(f"{stage}: {name}", done, total)


def _rows(name: str, what: str, results: Sequence[Result], plan: Plan) -> list[Row]:
    rows = []
    for level in plan.levels:
        of_level = [result for result in results if result.level == level]
        emotion = next(r for r in of_level if r.task == "emotion")
        worst = worst_of(of_level, emotion.data, level)
        assert worst is not None
        apart = [r for r in of_level if r.system.endswith("other emotions only")]
        rows.append(
            Row(
                name,
                what,
                level,
                emotion,
                worst,
                max(apart, key=lambda r: r.rate.rate, default=None),
                next(r for r in of_level if r.system == "hybrid2face"),
            )
        )
    return rows
