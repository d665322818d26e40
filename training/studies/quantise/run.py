"""`faceveil quantise`: a graph in 8-bit integers, judged with the filters of its folds.

Nothing is trained here: what another version of the code trained is judged as it is.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from pydantic import TypeAdapter

from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.card import Card, Result
from faceveil.model.examination import examine
from faceveil.model.filter import BATCH
from faceveil.runtime import open_session
from training.bundle.card import REFERENCES, audit_in_words, describe_graph, write_bundle
from training.bundle.checks import checks_of
from training.bundle.export import OPSET
from training.bundle.graph import GraphFilter
from training.bundle.picture import draw, of_card
from training.bundle.quantise import quantised
from training.data.record import DataError
from training.data.sets import SETS
from training.filter.algorithm import Filter, Recipe
from training.filter.files import cached
from training.filter.model import expect
from training.lab.cells import PURPOSE, Cells
from training.lab.experiment import Detail, digests, judge_final, judge_folds, judge_in_detail
from training.lab.plan import Data, Plan, Progress
from training.lab.runner import Run
from training.studies import expressions
from training.studies.gather import HELD_OUT
from training.studies.preset import MEASURED_LEVELS
from training.studies.quantise.options import QuantiseStudy
from training.studies.train.options import INT8, TrainStudy
from training.studies.train.release import summary
from training.studies.train.run import gathered_for, in_int8


def quantise_bundle(study: QuantiseStudy, progress: Progress) -> Path:
    """Quantises a bundle's graph, judges it, and writes the bundle.

    The graph that is released is the float32 bundle's own in 8-bit integers, judged on what was
    held out of all training. The cross-validation judges the int8 forms of the filters that the
    float32 training left of its folds. What no filter has a part in is taken from the float32 card.

    Returns:
        The bundle's folder.

    Raises:
        BundleError: if there is no such bundle, or it is broken.
        DataError: if a set is missing that the float32 bundle learned from or was judged on.
        FileExistsError: if there is such an int8 bundle already.
        ValueError: if the run is not the bundle's, or not finished.
    """
    bundle = load_bundle(find_bundle(study.models, study.name, study.of))
    whole = bundle.card
    study = replace(study, of=whole.version)
    target = study.models / (whole.name + INT8) / study.version
    if target.exists():
        raise FileExistsError(f"{target} exists. Name another version with --version.")
    if whole.quantised_from or whole.noise_of:
        raise ValueError(f"{whole.name} {whole.version} is another bundle's int8 form already.")
    torch.set_num_threads(1)  # as in training
    plan, learned = past_training(study.folder)
    if (plan.labels, plan.seed) != (tuple(whole.labels), whole.training.seed):
        raise ValueError(
            f"The run in {study.folder} is not that of {whole.name} {whole.version}: it has other "
            "emotions or another seed."
        )
    levels = expressions.MEASURED_LEVELS if whole.guarantee else MEASURED_LEVELS
    plan = replace(plan, levels=levels)
    data = _data(study, whole, plan, progress)
    filters = _filters(study.folder, data, plan, learned)
    if whole.prior and "--prior" in shlex.split(whole.training.command):
        for trained in filters:
            expect(trained, [whole.prior[label] for label in plan.labels])
    run = Run(study.folder, progress, Cells(study.folder))
    graph = quantised(bundle.graph, data.everything.crops, plan.seed)
    small = GraphFilter.of(replace(bundle, graph=graph))
    models = in_int8(data, plan, filters)
    results: list[Result] = [
        *(result for result in whole.results if result.level in REFERENCES),
        *judge_folds(data, plan, models, run),
        *judge_final(data, plan, small, run),
    ]
    detail = judge_in_detail(data, plan, models, small, whole.default_level, progress)
    card = _card(study, whole, small.graph, results, detail, data, plan)
    examine(card, open_session(small.graph), BATCH)
    panels = of_card(card)
    return write_bundle(card, small.graph, draw(panels) if panels else None, study.models)


def past_training(folder: Path) -> tuple[Plan, dict[str, str]]:
    """What the folder of a training in float32 is for.

    Returns:
        Its plan, without levels and attackers, and `experiment.digests` of what it learned from.

    Raises:
        ValueError: if it holds no run.
    """
    try:
        trained, learned = json.loads((folder / PURPOSE).read_text())
    except FileNotFoundError:
        raise ValueError(
            f"{folder} holds no run. Train the float32 model first, with --run {folder}: its "
            "card has the command."
        ) from None
    recipe = TypeAdapter(Recipe)
    return Plan(
        recipe=recipe.validate_python(trained["recipe"]),
        pretraining=recipe.validate_python(trained["pretraining"]),
        levels={},
        folds=trained["folds"],
        seed=trained["seed"],
        labels=tuple(trained["labels"]),
    ), learned


def _filters(folder: Path, data: Data, plan: Plan, learned: dict[str, str]) -> list[Filter]:
    """The filter of each fold, as the training left it.

    Raises:
        ValueError: if the run learned from other data, or has not trained all of its folds.
    """
    ours = digests(data)
    if wrong := sorted(n for n in ours.keys() | learned.keys() if ours.get(n) != learned.get(n)):
        raise ValueError(f"The run in {folder} learned from other data: {wrong}.")
    side = next(iter(data.named.values()))[0].part.crops.shape[1]

    def missing() -> Filter:
        raise ValueError(
            f"{file} is not there: let the training end first, by the command that began it."
        )

    filters = []
    for number in range(plan.folds):
        file = folder / f"fold-{number}.pt"
        filters.append(cached(file, side, len(plan.labels), plan.recipe, missing))
    return filters


def _data(study: QuantiseStudy, whole: Card, plan: Plan, progress: Progress) -> Data:
    """The sets that the float32 bundle learned from and was judged on.

    Raises:
        DataError: if one of them is not there.
    """
    by_title = {known.info.name: name for name, known in SETS.items() if name != HELD_OUT}
    names = [by_title[source.name] for source in whole.training.data]
    training = TrainStudy(
        data=study.data,
        run=study.folder,
        folds=plan.folds,
        seed=plan.seed,
        emotions=",".join(plan.labels),
        teacher="--teacher" in shlex.split(whole.training.command),
    )
    _, data = gathered_for(training, names, progress)
    there = data.named.keys() | data.held_out.keys() | data.strangers.keys()
    if missing := sorted({result.data for result in whole.results} - there):
        raise DataError(
            f"{whole.name} {whole.version} was judged on {', '.join(missing)} too, which the data "
            "folder lacks."
        )
    return data


def _card(
    study: QuantiseStudy,
    whole: Card,
    graph: bytes,
    results: Sequence[Result],
    detail: Detail,
    data: Data,
    plan: Plan,
) -> Card:
    source, twin = f"{whole.name} {whole.version}", f"{whole.name}/{whole.version}"
    taken = " and ".join(f"'{level}'" for level in REFERENCES)
    return Card.model_validate(
        whole.model_dump()
        | {
            "name": whole.name + INT8,
            "version": study.version,
            "created": datetime.now(UTC).date(),
            "summary": summary(results, data, plan),
            "graph": describe_graph(graph, OPSET),
            "noise_of": None if whole.guarantee else twin,
            "quantised_from": twin,
            "training": whole.training.model_copy(
                update={
                    "command": study.command,
                    "preset": f"{whole.training.preset}, convolutions in int8",
                }
            ),
            "checks": checks_of(
                graph, whole.crop, whole.guarantee.radius if whole.guarantee else 0
            ),
            "results": results,
            "breakdowns": detail.breakdowns,
            "probes": detail.probes,
            "expression": detail.expression,
            "notes": [
                f"The graph is that of {source} in 8-bit integers. The cross-validated figures are "
                "those of its folds' filters in 8-bit integers, trained by "
                f"`{whole.training.command}`. The figures at {taken} are those of {source}: no "
                "8-bit filter has a part in them.",
                *(study.note or ()),
            ],
            "audit": audit_in_words(results, whole.default_level),
        }
    )
