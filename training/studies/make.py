"""From data sets to bundles: crops, training, judgement, export, card; with progress shown."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from faceveil.installation import DETECTOR_FILE
from faceveil.model.bundle import read_card
from faceveil.model.card import NAME, VERSION, Card, DataSource, Level, Result, Training
from faceveil.outputs import must_be_writable
from faceveil.vision.align import CropGeometry
from training.bundle.card import audit_in_words, describe_graph, worst_of, write_bundle
from training.bundle.checks import checks_of
from training.bundle.export import OPSET, export
from training.bundle.picture import draw, of_card
from training.bundle.quantise import QuantisedFilter
from training.commands.options import Precision
from training.data.crops import UNKNOWN, CropSet, cached_crops, limited
from training.data.record import EMOTIONS, DataError
from training.data.sets import DRAWN, SETS, data_folder
from training.data.terms import terms_of_model
from training.filter.algorithm import Recipe, new_filter
from training.filter.distributed import first_alone, is_first, processes, world
from training.filter.precision import settled
from training.filter.teacher import likeness, weights_file
from training.lab.experiment import everything, judge_final, judge_folds, train_final, train_folds
from training.lab.judge import judge_crops
from training.lab.plan import UNDEFENDED, Data, Plan, Report, undefended
from training.lab.progress import Stages

GEOMETRY = CropGeometry(width=48, height=48, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3))
"""From the brows to the chin: what moves when a mood does, and little hair or background."""

LEVELS = {
    "utility": Level(sigma=0.25, summary="Least noise: reads emotion best, hides least."),
    "balanced": Level(sigma=0.5, summary="For most uses."),
    "strict": Level(sigma=1.0, summary="Most noise: hides most, reads emotion worst."),
}
DEFAULT_LEVEL = "balanced"
NOISE_FREE = "no noise"
"""Measured, to show what the noise does; not offered."""

MEASURED_LEVELS = {NOISE_FREE: 0.0} | {name: level.sigma for name, level in LEVELS.items()}
"""Name to sigma."""

DEFAULT_SETS = ("fer", "jaffe", "yale", "frl")
PRETRAINING = Recipe(batch=128, contrast=0.5, scatter=1.0)
"""For faces without names: emotion first, and the contrast as its help."""

INT8 = "-int8"
"""Ends the name of a bundle whose convolutions compute in 8-bit integers."""

HELD_OUT = "fer-test"
STRANGERS = "lfw"


@dataclass(frozen=True, slots=True)
class Request:
    """What `faceveil train` was asked for; see its options."""

    data: Path | None
    sets: tuple[str, ...] | None
    name: str
    version: str
    models: Path
    run: Path
    steps: int
    pretraining_steps: int
    folds: int
    seed: int
    reference: bool
    labels: tuple[str, ...] = EMOTIONS
    mixing: float = Recipe().mixing
    teacher: bool = False
    int8: bool = False
    precision: Precision = Precision.AUTO
    terms: str | None = None


_FLAGS: tuple[tuple[str, Callable[[Request], bool]], ...] = (
    ("--no-reference", lambda request: not request.reference),
    ("--teacher", lambda request: request.teacher),
    ("--int8", lambda request: request.int8),
)


def make_bundles(request: Request) -> list[Path]:
    """Trains, judges and writes a bundle, and one in int8 where that is wanted.

    Of several processes that torchrun started, all train, and the first does the rest.

    Returns:
        The bundles' folders; none in other processes than the first.

    Raises:
        DataError: if the data are not there or not as they should be.
        FileExistsError: if there is such a bundle already.
        ValueError: if the run's folder holds another run, or an option makes no sense.
    """
    _refuse_at_once(request)
    torch.set_num_threads(1)  # more threads wait for each other longer than they compute here
    run, references = request.run, []
    with processes(), Stages(silent=not is_first()) as stages:
        report, launched = stages.report, world()
        with first_alone():
            crops, data = gathered(request, report)
        side, classes = GEOMETRY.width, len(request.labels)
        precision = settled(request.precision, _plan(request).recipe, side, classes, run)
        request = replace(request, precision=precision)
        plan = _plan(request)
        bare = undefended(plan)
        if request.reference:
            references = train_folds(
                data, bare, run / UNDEFENDED, partial(_named, report, UNDEFENDED)
            )
        filters = train_folds(data, plan, run, report)
        final = train_final(data, plan, run, report)
        others = not is_first()
    if others:
        return []
    with Stages() as stages:
        report = stages.report
        beside = judge_crops(data, plan, report)
        if references:
            beside += judge_folds(data, bare, references, partial(_named, report, UNDEFENDED))
        graphs = {request.name: export(final, GEOMETRY.width, request.seed)}
        results = {
            request.name: judge_folds(data, plan, filters, report)
            + judge_final(data, plan, final, report)
        }
        if request.int8:
            small = QuantisedFilter(graphs[request.name], everything(data).crops, request.seed)
            graphs[request.name + INT8] = small.graph
            results[request.name + INT8] = judge_folds(
                data, plan, filters, report, partial(QuantisedFilter.of, seed=request.seed)
            ) + judge_final(data, plan, small, report)
    command = _command(request, launched)
    written = [
        _written(request, plan, crops, data, name, graph, beside + results[name], command)
        for name, graph in graphs.items()
    ]
    console = Console()
    for name, part in crops.items():
        console.print(f"{SETS[name].info.name}: {part.report.in_words()}")
    for folder in written:
        console.print(f"\n{read_card(folder).audit}\n\nWritten: {folder}")
    return written


def _refuse_at_once(request: Request) -> None:
    """Looks at all that can be wrong before hours are spent; the errors of `make_bundles`."""
    folder = data_folder(request.data)
    learned = _chosen(request, folder)
    refuse_missing(learned, folder, request.run, teacher=request.teacher)
    _terms(learned, request)
    names = [request.name, *([request.name + INT8] if request.int8 else [])]
    for name in names:
        if not re.fullmatch(NAME, name):
            raise ValueError(
                f"--name: {name!r} is no name of a bundle. It starts with a small letter and goes "
                "on with those, digits and hyphens, at most 64 in all."
            )
    if not re.fullmatch(VERSION, request.version):
        raise ValueError(f"--version: {request.version!r} is not like 1.0.0.")
    for name in names:
        target = request.models / name / request.version
        if target.exists():
            raise FileExistsError(f"{target} exists. Name another version with --version.")
    must_be_writable(folders=[request.models, request.run, cache_of(request.run)])


def refuse_missing(names: Sequence[str], folder: Path | None, run: Path, *, teacher: bool) -> None:
    """Nothing, where the sets are there, and the teacher if it is wanted.

    Raises:
        DataError: if one is not.
    """
    for name in names:
        SETS[name].must_be_in(folder)
    if teacher and not any(cache_of(run).glob("teacher-*")):
        weights_file()


def cache_of(run: Path) -> Path:
    """Where crops of faces, and what the teacher sees in them, are kept."""
    return run.parent / "crops"


def _named(report: Report, name: str, stage: str, done: int, total: int) -> None:
    report(f"{name}: {stage}", done, total)


def gathered(request: Request, report: Report) -> tuple[dict[str, CropSet], Data]:
    """The sets that are learned from, by their short names; and all, sorted.

    Raises:
        DataError: if the data are not there or not as they should be.
    """
    folder = data_folder(request.data)
    crops = {}
    for name in _chosen(request, folder):
        part = limited(crops_of(name, folder, request.run, report), request.labels)
        if request.teacher:
            part = seen_by_teacher(name, part, request.run, report)
        crops[name] = part
    return crops, _arranged(crops, folder, request, report)


def _written(
    request: Request,
    plan: Plan,
    crops: dict[str, CropSet],
    data: Data,
    name: str,
    graph: bytes,
    results: list[Result],
    command: str,
) -> Path:
    """Writes a bundle and returns its folder."""
    whole = f"{request.name}/{request.version}"
    card = Card(
        name=name,
        version=request.version,
        created=datetime.now(UTC).date(),
        summary=summary(results, data, plan),
        terms=_terms(list(crops), request),
        labels=list(plan.labels),
        dimension=plan.recipe.dimension,
        crop=GEOMETRY,
        graph=describe_graph(graph, OPSET),
        levels=LEVELS,
        default_level=DEFAULT_LEVEL,
        noise_of=None if name == request.name else whole,
        training=Training(
            command=command,
            preset="strong" if name == request.name else "strong, convolutions in int8",
            seed=request.seed,
            data=[_source(name, part) for name, part in crops.items()],
            parameters=parameters(plan, GEOMETRY.width),
        ),
        checks=checks_of(graph, GEOMETRY),
        results=results,
        audit=audit_in_words(results, DEFAULT_LEVEL),
        intended_uses=[
            "Telling an app the mood of a face that looks at the camera, in about the conditions "
            "that the training sets show.",
            "Keeping the released embedding instead of the picture, after an audit of what it "
            "still tells about the person.",
        ],
        out_of_scope_uses=[
            "Deciding about a person: what a face shows is not what somebody feels.",
            "Emotion recognition at work or in education, which the EU AI Act forbids "
            "(Regulation 2024/1689, article 5(1)(f)), save for medical or safety reasons.",
            "Treating the embedding as data that nobody can link to a person.",
            "Identifying, verifying or tracking people.",
        ],
    )
    panels = of_card(card)
    return write_bundle(card, graph, draw(panels) if panels else None, request.models)


def parameters(plan: Plan, side: int) -> int:
    """How many values of the released graph are trained."""
    made = new_filter(side, len(plan.labels), plan.recipe)
    return sum(p.numel() for p in [*made.base.parameters(), *made.emotion_head.parameters()])


def _plan(request: Request) -> Plan:
    return Plan(
        recipe=Recipe(
            steps=request.steps,
            warm_up=min(Recipe().warm_up, request.steps // 4),
            mixing=request.mixing,
            mixed_precision=request.precision.is_mixed,
        ),
        pretraining=replace(
            PRETRAINING,
            steps=request.pretraining_steps,
            mixed_precision=request.precision.is_mixed,
        ),
        levels=MEASURED_LEVELS,
        folds=request.folds,
        seed=request.seed,
        labels=request.labels,
    )


def _chosen(request: Request, folder: Path | None) -> list[str]:
    if request.sets is None:
        if folder is None:
            return [DRAWN]
        return [name for name in DEFAULT_SETS if SETS[name].is_in(folder)] or ["own"]
    if unknown := sorted(set(request.sets) - SETS.keys()):
        raise DataError(f"Unknown sets: {', '.join(unknown)}. Known: {', '.join(SETS)}.")
    if HELD_OUT in request.sets:
        raise DataError(f"{HELD_OUT} is for judging; a filter that learned from it proves nothing.")
    return list(request.sets)


def _arranged(
    crops: dict[str, CropSet], folder: Path | None, request: Request, report: Report
) -> Data:
    """Sorts the sets by what their labels can teach, and adds what is only judged on."""

    def extra(name: str) -> dict[str, CropSet]:
        if name in crops or not SETS[name].is_in(folder):
            return {}
        part = crops_of(name, folder, request.run, report)
        return {SETS[name].info.name: limited(part, request.labels)}

    titled = {SETS[name].info.name: part for name, part in crops.items()}
    named = {name: part for name, part in titled.items() if (part.subject != UNKNOWN).all()}
    if not any((part.emotion != UNKNOWN).any() for part in titled.values()):
        raise DataError("None of the sets tells emotions; a filter needs them to learn from.")
    shown = {code for part in titled.values() for code in np.unique(part.emotion).tolist()}
    unseen = [label for code, label in enumerate(request.labels) if code not in shown]
    if unseen and request.labels != EMOTIONS:
        raise DataError(f"None of the sets shows {', '.join(unseen)}: leave it out of --emotions.")
    short = [name for name, part in named.items() if len(np.unique(part.group)) < request.folds]
    if short:
        raise DataError(f"Too few pictures for {request.folds} folds: {', '.join(short)}.")
    if not named:
        raise DataError(
            "None of the sets tells whose faces it shows; a filter must learn to hide it."
        )
    return Data(
        named=named,
        wild={name: part for name, part in titled.items() if name not in named},
        held_out=extra(HELD_OUT) if "fer" in crops else {},
        strangers=extra(STRANGERS),
    )


def crops_of(name: str, folder: Path | None, run: Path, report: Report) -> CropSet:
    """The crops of a set, with the geometry of our models; kept beside the run's folder.

    Args:
        name: of the set.
        folder: of the data sets.
        run: folder of the run.
        report: told how far it is.

    Raises:
        DataError: if the set is not there.
    """
    known = SETS[name]
    return cached_crops(
        known.records(folder),
        DETECTOR_FILE,
        GEOMETRY,
        cache_of(run),
        lambda done, total: report(f"cropping {known.info.name}", done, total),
    )


def seen_by_teacher(name: str, part: CropSet, run: Path, report: Report) -> CropSet:
    """The set with what the teacher sees in its crops; kept beside the run's folder.

    Args:
        name: of the set.
        part: the set.
        run: folder of the run.
        report: told how far it is.

    Raises:
        DataError: if the extra `teacher` is not installed.
    """
    stage = f"teacher on {SETS[name].info.name}"
    seen = likeness(part.crops, cache_of(run), partial(report, stage))
    return replace(part, likeness=seen)


def _source(name: str, crops: CropSet) -> DataSource:
    info = SETS[name].info
    people = int(crops.subject.max()) + 1
    taught: list[str] = ["emotion"] if (crops.emotion != UNKNOWN).any() else []
    return DataSource.model_validate(
        {
            "name": info.name,
            "images": len(crops),
            "subjects": people or None,
            "taught": taught + (["identity"] if people else []),
            "terms": info.terms.words,
            "citation": info.citation,
        }
    )


def _terms(learned: Sequence[str], request: Request) -> str:
    infos = [SETS[name].info for name in learned]
    return terms_of_model({info.name: info.terms for info in infos}, request.terms)


def summary(results: list[Result], data: Data, plan: Plan) -> str:
    """What the model does and was measured to, for its card."""
    parts = []
    for name in data.named:
        worst = worst_of(results, name, DEFAULT_LEVEL)
        assert worst is not None
        read = [
            f"emotion {r.rate.rate:.0%}, "
            for r in results
            if (r.data, r.level, r.task) == (name, DEFAULT_LEVEL, "emotion")
        ]
        parts.append(
            f"{name}: {''.join(read)}worst attacker {worst.rate.rate:.0%} "
            f"(chance {worst.chance:.0%})"
        )
    return (
        f"Reads {len(plan.labels)} emotions from a face and releases an embedding trained against "
        f"re-identification. At level {DEFAULT_LEVEL}, cross-validated: {'; '.join(parts)}."
    )


def _command(request: Request, launched: int) -> str:
    words = ["torchrun", "--no-python", "--nproc-per-node", str(launched)] if launched > 1 else []
    words += ["faceveil", "train", "--name", request.name, "--version", request.version]
    if request.data == Path(DRAWN):
        words += ["--data", DRAWN]
    if request.sets:
        words += ["--sets", ",".join(request.sets)]
    words += ["--steps", str(request.steps), "--pretraining-steps", str(request.pretraining_steps)]
    words += ["--folds", str(request.folds), "--seed", str(request.seed)]
    words += ["--mixing", str(request.mixing), "--precision", request.precision]
    if request.terms is not None:
        words += ["--terms", request.terms]
    if request.labels != EMOTIONS:
        words += ["--emotions", ",".join(request.labels)]
    words += [option for option, wanted in _FLAGS if wanted(request)]
    return shlex.join(words)
