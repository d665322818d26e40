"""The int8 form of an installed float32 bundle, as a bundle of its own, judged anew."""

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch

from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.card import Card, Result
from faceveil.model.examination import examine
from faceveil.model.filter import BATCH
from faceveil.runtime import open_session
from training.bundle.card import REFERENCES, audit_in_words, describe_graph, write_bundle
from training.bundle.checks import checks_of
from training.bundle.export import OPSET
from training.bundle.folds import KeptRun
from training.bundle.picture import draw, of_card
from training.bundle.quantise import QuantisedFilter
from training.data.record import DataError
from training.data.sets import SETS
from training.lab.experiment import everything, judge_final, judge_folds
from training.lab.plan import Data, Plan, Report
from training.studies.make import HELD_OUT, INT8, MEASURED_LEVELS, gathered, summary
from training.studies.make import Request as TrainingRequest


@dataclass(frozen=True, slots=True)
class Request:
    """What `faceveil quantise` was asked for; see its options."""

    name: str
    of: str | None
    version: str
    run: Path | None
    models: Path
    data: Path | None
    notes: tuple[str, ...] = ()


def make_int8(request: Request, report: Report) -> Path:
    """Quantises a bundle's graph, judges it, and writes the bundle.

    The graph that is released is the float32 bundle's own in 8-bit integers, judged on what was
    held out of all training. The cross-validation judges the int8 forms of the filters that the
    float32 training kept of its folds. What no filter has a part in is taken from the float32 card.

    Returns:
        The bundle's folder.

    Raises:
        BundleError: if there is no such bundle, or it is broken.
        DataError: if a set is missing that the float32 bundle learned from or was judged on.
        FileExistsError: if there is such an int8 bundle already.
        ValueError: if the run is not the bundle's, or not finished.
    """
    bundle = load_bundle(find_bundle(request.models, request.name, request.of))
    whole = bundle.card
    target = request.models / (whole.name + INT8) / request.version
    if target.exists():
        raise FileExistsError(f"{target} exists. Name another version with --version.")
    if whole.noise_of is not None:
        raise ValueError(f"{whole.name} {whole.version} is another bundle's int8 form already.")
    torch.set_num_threads(1)  # as in training
    run = KeptRun.read(request.run or Path("runs") / f"{whole.name}-{whole.version}")
    if (run.plan.labels, run.plan.seed) != (tuple(whole.labels), whole.training.seed):
        raise ValueError(
            f"The run in {run.folder} is not that of {whole.name} {whole.version}: it has other "
            "emotions or another seed."
        )
    plan = replace(run.plan, levels=MEASURED_LEVELS)
    data = _data(request, whole, run.folder, plan, report)
    folds = run.folds(data)
    small = QuantisedFilter(bundle.graph, everything(data).crops, plan.seed)
    results = [
        *(result for result in whole.results if result.level in REFERENCES),
        *judge_folds(data, plan, folds, report, partial(QuantisedFilter.of, seed=plan.seed)),
        *judge_final(data, plan, small, report),
    ]
    card = _card(request, whole, small.graph, results, data, plan)
    examine(card, open_session(small.graph), BATCH)
    panels = of_card(card)
    return write_bundle(card, small.graph, draw(panels) if panels else None, request.models)


def _data(request: Request, whole: Card, run: Path, plan: Plan, report: Report) -> Data:
    """The sets that the float32 bundle learned from and was judged on.

    Raises:
        DataError: if one of them is not there.
    """
    by_title = {known.info.name: name for name, known in SETS.items() if name != HELD_OUT}
    _, data = gathered(
        TrainingRequest(
            data=request.data,
            sets=tuple(by_title[source.name] for source in whole.training.data),
            name=whole.name,
            version=whole.version,
            models=request.models,
            run=run,
            steps=plan.recipe.steps,
            pretraining_steps=plan.pretraining.steps,
            folds=plan.folds,
            seed=plan.seed,
            reference=False,
            labels=plan.labels,
            teacher="--teacher" in shlex.split(whole.training.command),
        ),
        report,
    )
    there = data.named.keys() | data.held_out.keys() | data.strangers.keys()
    if missing := sorted({result.data for result in whole.results} - there):
        raise DataError(
            f"{whole.name} {whole.version} was judged on {', '.join(missing)} too, which the data "
            "folder lacks."
        )
    return data


def _card(
    request: Request, whole: Card, graph: bytes, results: list[Result], data: Data, plan: Plan
) -> Card:
    source = f"{whole.name} {whole.version}"
    command = ["faceveil", "quantise", whole.name, "--of", whole.version]
    command += ["--version", request.version]
    taken = " and ".join(f"'{level}'" for level in REFERENCES)
    return Card.model_validate(
        whole.model_dump()
        | {
            "name": whole.name + INT8,
            "version": request.version,
            "created": datetime.now(UTC).date(),
            "summary": summary(results, data, plan),
            "graph": describe_graph(graph, OPSET),
            "noise_of": f"{whole.name}/{whole.version}",
            "training": whole.training.model_copy(
                update={
                    "command": shlex.join(command),
                    "preset": f"{whole.training.preset}, convolutions in int8",
                }
            ),
            "checks": checks_of(graph, whole.crop),
            "results": results,
            "notes": [
                f"The graph is that of {source} in 8-bit integers. The cross-validated figures are "
                "those of its folds' filters in 8-bit integers, trained by "
                f"`{whole.training.command}`. The figures at {taken} are those of {source}: no "
                "8-bit filter has a part in them.",
                *request.notes,
            ],
            "audit": audit_in_words(results, whole.default_level),
        }
    )
