"""Tries the variants on an inner split, then the preset on all folds; goes on where it was stopped.

The inner split lies within what the first fold learns from. The images that the other folds test
are in it, so whoever chooses by it has seen nine tenths of what is reported; the table says so.
What the preset is held against, on the same folds, is in `training.studies.frontier.references`.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch

from faceveil.audit.attackers import CONDITIONED, LADDER, KnowingEmotion
from faceveil.model.card import Result
from faceveil.outputs import must_be_writable
from training.bundle.card import worst_of
from training.commands.options import Precision
from training.data.crops import CropSet
from training.data.record import EMOTIONS, DataError
from training.data.sets import SETS, data_folder
from training.filter.algorithm import Filter, Recipe
from training.filter.distributed import refuse_several
from training.filter.kept import told
from training.filter.precision import settled
from training.lab.claim import claim, digest
from training.lab.experiment import pretrained, trained
from training.lab.judge import Embedded, Fold, deal_folds, judge_set
from training.lab.plan import UNDEFENDED, Data, Plan, Report, undefended
from training.studies.frontier.references import Reference, references
from training.studies.frontier.variants import PRESET, Variant, variants
from training.studies.make import (
    GEOMETRY,
    MEASURED_LEVELS,
    PRETRAINING,
    cache_of,
    crops_of,
    refuse_missing,
    seen_by_teacher,
)

WILD = "fer"
INNER_FOLDS = 3
REPORTED = "all folds"
"""Stands for the variant where the preset is reported."""

_APART = 1000
"""How far the seeds of two trainings on all folds lie apart."""


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
    seeds: int = 1
    precision: Precision = Precision.AUTO


@dataclass(frozen=True, slots=True)
class Row:
    """A variant at a level.

    Attributes:
        variant: its name, or `REPORTED`.
        what: it is, in words.
        seed: of its trainings, its noise and its attackers.
        level: of noise.
        emotion: how much of the mood is read.
        worst: the attack that names most people.
        across: the one that does among those who hold other emotions only.
        hybrid2face: the paper's attacker, on released embeddings.
    """

    variant: str
    what: str
    seed: int
    level: str
    emotion: Result
    worst: Result
    across: Result | None
    hybrid2face: Result


@dataclass(frozen=True, slots=True)
class Frontier:
    """What was found, and what it takes to find it again.

    Attributes:
        data: title of the set.
        variants: on the inner split.
        reported: the preset on all folds, seed by seed.
        references: what it is held against, on the same folds.
        command: that does it again.
        created: when.
        seed: the first one; the folds and the start on faces without names have no other.
        folds: on which it is reported.
    """

    data: str
    variants: list[Row]
    reported: list[Row]
    references: list[Reference]
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
    sets = (WILD, request.data_set)
    refuse_missing(sets, folder, request.run, teacher=request.teacher)
    must_be_writable(folders=[request.run, cache_of(request.run)])
    crops = {name: crops_of(name, folder, request.run, report) for name in sets}
    if request.teacher:
        for name, part in crops.items():
            crops[name] = seen_by_teacher(name, part, request.run, report)
    side, recipe = GEOMETRY.width, Recipe(steps=request.steps)
    precision = settled(request.precision, recipe, side, len(EMOTIONS), request.run)
    request = replace(request, precision=precision)
    mixed = precision.is_mixed
    plan = Plan(
        recipe=replace(recipe, mixed_precision=mixed),
        pretraining=replace(PRETRAINING, steps=request.pretraining_steps, mixed_precision=mixed),
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
    outer = deal_folds(part, plan)
    within = part.take(~outer[0].tested)
    inner = deal_folds(within, replace(plan, folds=INNER_FOLDS, seed=plan.seed + 1))
    every = variants(plan.recipe)
    if not request.teacher:
        del every["no teacher"]
    digests = [digest(c.crops, c.emotion, c.subject, c.group, c.likeness) for c in (wild, part)]
    # With other folds, a kept filter would have learned from images that it is tested on.
    digests.append(digest(*(fold.tested for fold in (*outer, *inner))))
    settings = asdict(replace(plan, levels={}, attackers=()))
    tries = {name: asdict(variant.recipe) for name, variant in every.items()}
    claim(request.run, json.dumps([settings, tries, digests]))
    beside = references(part, request.data_set, plan, request.run / "references", report)
    data = Data({}, {WILD: wild}, {}, {})
    title = SETS[request.data_set].info.name

    def judged(
        variant: Variant, name: str, folds: Sequence[Fold], own: Plan, start: Filter | None
    ) -> list[Row]:
        kept_in = f"{name} {own.seed}" if name == REPORTED else name
        folder = request.run / kept_in.replace(" ", "-")
        filters = _trained(variant.recipe, name, folder, folds, own, start, report)
        results = judge_set(title, filters, own, partial(_named, report, name))
        return _rows(name, variant.what, results, own)

    start = pretrained(data, plan, request.run, report)
    tried_rows, reported = [], []
    for name, variant in every.items():
        tried_rows += judged(variant, name, inner, plan, start)
    for number in range(request.seeds):
        own = replace(plan, seed=plan.seed + _APART * number)
        reported += judged(every[PRESET], REPORTED, outer, own, start)
    bare = undefended(plan)
    bare_folder = request.run / UNDEFENDED
    bare_folder.mkdir(exist_ok=True)
    bare_start = pretrained(data, bare, bare_folder, partial(_named, report, UNDEFENDED))
    variant = Variant("emotion as the only aim", bare.recipe)
    [row] = judged(variant, UNDEFENDED, outer, bare, bare_start)
    read, named = row.emotion.rate, row.worst.rate
    beside.insert(0, Reference(UNDEFENDED, UNDEFENDED, read, "its head", named, row.worst.system))
    words = ["faceveil", "frontier", request.data_set, "--folds", str(request.folds)]
    words += ["--steps", str(request.steps), "--pretraining-steps", str(request.pretraining_steps)]
    words += ["--seed", str(request.seed), "--seeds", str(request.seeds)]
    words += ["--precision", request.precision, *(["--teacher"] if request.teacher else [])]
    return Frontier(
        title,
        tried_rows,
        reported,
        beside,
        shlex.join(words),
        datetime.now(UTC).date().isoformat(),
        request.seed,
        request.folds,
    )


def _trained(
    recipe: Recipe,
    name: str,
    folder: Path,
    folds: Sequence[Fold],
    plan: Plan,
    start: Filter | None,
    report: Report,
) -> list[Embedded]:
    """Trains a filter a fold on the set's own images, and embeds all of them by it."""
    folder.mkdir(exist_ok=True)
    stage, total = f"training: {name}", recipe.steps * len(folds)
    seen = []
    for number, fold in enumerate(folds):
        progress = told(report, stage, total, recipe.steps * number)
        learned = fold.part.take(~fold.tested)
        file = folder / f"fold-{number}.pt"
        model = trained(file, learned, plan, recipe, plan.seed + number, start, progress)
        seen.append(Embedded(fold, model, model.embed(fold.part.crops)))
    report(stage, total, total)
    return seen


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
                plan.seed,
                level,
                emotion,
                worst,
                max(apart, key=lambda r: r.rate.rate, default=None),
                next(r for r in of_level if r.system == "hybrid2face"),
            )
        )
    return rows
