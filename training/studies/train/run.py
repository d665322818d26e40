"""`faceveil train`: from data sets to bundles; with progress shown."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from faceveil.model.bundle import read_card
from faceveil.model.card import NAME, VERSION
from training.bundle.export import export
from training.bundle.graph import GraphFilter
from training.bundle.quantise import quantised, quantised_filter
from training.data.crops import UNKNOWN, CropSet, join, limited
from training.data.record import DRAWN, EMOTIONS, DataError
from training.data.sets import SETS, data_folder
from training.filter.algorithm import Filter, Recipe
from training.filter.distributed import first_alone, is_first, processes, world
from training.filter.guarantee import guarantee_of
from training.filter.model import expect
from training.filter.moves import count_moves
from training.lab.experiment import (
    claimed,
    judge_final,
    judge_folds,
    judge_in_detail,
    pretrained,
    train_final,
    train_folds,
)
from training.lab.folds import deal
from training.lab.judge import judge_crops
from training.lab.plan import UNDEFENDED, Data, Plan, Progress, undefended, within
from training.lab.progress import Stages
from training.lab.reading import Judged
from training.studies.expressions import READING, READING_LABELS
from training.studies.gather import (
    HELD_OUT,
    JUDGING,
    STRANGERS,
    WILD,
    gathered,
    is_left,
    made_of,
    refuse_at_once,
)
from training.studies.preset import DEFAULT_LEVEL, GEOMETRY, plan_of, with_precision
from training.studies.train.options import INT8, TrainStudy
from training.studies.train.release import Release, prior_of, terms_of

DEFAULT_SETS = ("fer", "jaffe", "yale", "frl")
UNSEEN = (STRANGERS, "jaffe", "yale", "animated-test")
"""On whose people a filter is judged that did not learn from them."""


def train_bundles(study: TrainStudy) -> list[Path]:
    """Trains, judges and writes a bundle, and one in int8 where that is wanted.

    Of several processes that torchrun started, all train, and the first does the rest.

    Returns:
        The bundles' folders; none in other processes than the first.

    Raises:
        DataError: if the data are not there or not as they should be.
        FileExistsError: if there is such a bundle already.
        ValueError: if the run's folder holds another run, or an option makes no sense.
    """
    names = _refuse_at_once(study)
    torch.set_num_threads(1)  # more threads wait for each other longer than they compute here
    references: list[Filter] = []
    with processes(), Stages(silent=not is_first()) as stages:
        launched = world()
        with first_alone():
            crops, data = gathered_for(study, names, stages.report)
        study = with_precision(study, planned(study).recipe, len(study.labels))
        plan = planned(study)
        bare = undefended(plan)
        run = claimed(study.folder, data, plan, stages.report)
        start = pretrained(data, plan, run)
        if study.reference:
            named = within(UNDEFENDED, stages.report)
            beside_run = claimed(study.folder / UNDEFENDED, data, bare, named)
            alike = bare.pretraining == plan.pretraining
            beside_start = start if alike else pretrained(data, bare, beside_run)
            references = train_folds(data, bare, beside_run, beside_start)
        filters = train_folds(data, plan, run, start)
        final = train_final(data, plan, run, start)
        if study.expected:
            for trained in (*filters, final):
                expect(trained, study.expected)
        others = not is_first()
    if others:
        return []
    with Stages() as stages:
        run = replace(run, progress=stages.report)
        count_moves(final, data.everything)
        beside = judge_crops(data, plan, run)
        if references:
            beside += judge_folds(data, bare, references, run.within(UNDEFENDED))
        graphs = {study.name: export(final, GEOMETRY.width, study.seed)}
        forms: dict[str, tuple[Sequence[Judged], Judged]] = {study.name: (filters, final)}
        if study.int8:
            graph = quantised(graphs[study.name], data.everything.crops, study.seed)
            small = GraphFilter(graph, final.codewords, final.prior)
            graphs[study.name + INT8] = graph
            forms[study.name + INT8] = (in_int8(data, plan, filters), small)
        results = {
            name: judge_folds(data, plan, models, run) + judge_final(data, plan, last, run)
            for name, (models, last) in forms.items()
        }
        details = {
            name: judge_in_detail(data, plan, models, last, DEFAULT_LEVEL, stages.report)
            for name, (models, last) in forms.items()
        }
    words = ["torchrun", "--no-python", "--nproc-per-node", str(launched)] if launched > 1 else []
    command = shlex.join([*words, *shlex.split(study.command)])
    people = {name: dealt[0].part for name, dealt in (data.named | data.strangers).items()}
    guarantee = guarantee_of(final, people)
    prior = prior_of(final, plan.labels)
    release = Release(study, plan, crops, data, command, final.base.dimension, guarantee, prior)
    written = [
        release.write(name, graph, beside + results[name], details[name])
        for name, graph in graphs.items()
    ]
    console = Console()
    for name, part in crops.items():
        console.print(f"{SETS[name].info.name}: {part.report.in_words()}")
    for folder in written:
        console.print(f"\n{read_card(folder).audit}\n\nWritten: {folder}")
    return written


def in_int8(data: Data, plan: Plan, filters: Sequence[Filter]) -> list[Judged]:
    """The filters of the folds in 8-bit integers, calibrated on what each learned from."""
    return [
        quantised_filter(filter_, data.learned_in(number), plan.seed)
        for number, filter_ in enumerate(filters)
    ]


def _refuse_at_once(study: TrainStudy) -> list[str]:
    """Looks at all that can be wrong before hours are spent; the errors of `train_bundles`.

    Returns:
        Short names of the sets that are learned from.
    """
    learned = _chosen(study)
    refuse_at_once(learned, study, study.models, teacher=study.teacher)
    terms_of(learned, study.terms)
    for name in study.names:
        if not re.fullmatch(NAME, name):
            raise ValueError(
                f"--name: {name!r} is no name of a bundle. It starts with a small letter and goes "
                "on with those, digits and hyphens, at most 64 in all."
            )
    if not re.fullmatch(VERSION, study.version):
        raise ValueError(f"--version: {study.version!r} is not like 1.0.0.")
    for name in study.names:
        target = study.models / name / study.version
        if target.exists():
            raise FileExistsError(f"{target} exists. Name another version with --version.")
    return learned


def planned(study: TrainStudy) -> Plan:
    """What is to be trained and judged."""
    warm_up = min(Recipe().warm_up, study.steps // 4)
    recipe = Recipe(steps=study.steps, warm_up=warm_up, mixing=study.mixing)
    voted = not study.codewords or WILD in _chosen(study)
    reading = READING if voted else READING_LABELS
    return plan_of(study, recipe, study.folds, reading, labels=study.labels)


def _chosen(study: TrainStudy) -> list[str]:
    """Short names of the sets to learn from."""
    folder = data_folder(study.data)
    if study.sets is None:
        if folder is None:
            return [DRAWN]
        return [name for name in DEFAULT_SETS if SETS[name].is_in(folder)] or ["own"]
    names = study.sets.split(",")
    if taken := sorted(set(JUDGING) & set(names)):
        raise DataError(
            f"{', '.join(taken)} is for judging; a filter that learned from it proves nothing."
        )
    return names


def gathered_for(
    study: TrainStudy, names: list[str], progress: Progress
) -> tuple[dict[str, CropSet], Data]:
    """The sets that are learned from, by their short names; and all, sorted.

    Sorted by what their labels can teach, with what is only judged on.

    Raises:
        DataError: if the data are not there or not as they should be.
    """
    folder = data_folder(study.data)

    def limited_sets(names: list[str], taught: list[str]) -> dict[str, CropSet]:
        found = gathered(names, study, progress, taught, judged=learned)
        return {name: limited(part, study.labels) for name, part in found.items()}

    def extra(*names: str) -> dict[str, CropSet]:
        there = [name for name in names if name not in crops and SETS[name].is_in(folder)]
        left = [name for name in there if is_left(name, study, learned)]
        return {SETS[name].info.name: part for name, part in limited_sets(left, []).items()}

    learned = names
    crops = limited_sets(names, names if study.teacher else [])
    titled = {SETS[name].info.name: part for name, part in crops.items()}
    whole = {SETS[name].info.name for name in crops if SETS[name].whole}
    named = {
        name: part
        for name, part in titled.items()
        if name not in whole and (part.subject != UNKNOWN).all()
    }
    _refuse_unfit(titled, named, study)
    made = {
        name: limited(part, study.labels) for name, part in made_of(names, study, progress).items()
    }
    crops |= {name: join([crops[name], part]) for name, part in made.items()}
    return crops, Data(
        named={name: deal(part, study.folds, study.seed) for name, part in named.items()},
        wild={name: part for name, part in titled.items() if name not in named},
        held_out=extra(HELD_OUT),
        strangers={
            name: deal(part, study.folds, study.seed) for name, part in extra(*UNSEEN).items()
        },
        made={f"{SETS[name].info.name} of these": part for name, part in made.items()},
    )


def _refuse_unfit(sets: dict[str, CropSet], named: dict[str, CropSet], study: TrainStudy) -> None:
    """Nothing, where the sets teach emotions and people enough.

    Raises:
        DataError: if they do not.
    """
    if not any((part.emotion != UNKNOWN).any() for part in sets.values()):
        raise DataError("None of the sets tells emotions; a filter needs them to learn from.")
    shown = {code for part in sets.values() for code in np.unique(part.emotion).tolist()}
    unseen = [label for code, label in enumerate(study.labels) if code not in shown]
    if unseen and (study.expected or study.labels != EMOTIONS):
        raise DataError(f"None of the sets shows {', '.join(unseen)}: leave it out of --emotions.")
    short = [name for name, part in named.items() if len(np.unique(part.group)) < study.folds]
    if short:
        raise DataError(f"Too few pictures for {study.folds} folds: {', '.join(short)}.")
    if not named:
        raise DataError(
            "None of the sets tells whose faces it shows; a filter must learn to hide it."
        )
