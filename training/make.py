"""From data sets to a bundle: crops, training, judgement, export, card; with progress shown."""

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from service.engine.card import Card, DataSource, Level, Result, Training
from service.settings import DETECTOR_FILE
from service.vision.align import CropGeometry
from training.algorithm import Recipe
from training.card import audit_in_words, describe_graph, worst_of, write_bundle
from training.data.crops import UNKNOWN, CropSet, cached_crops
from training.data.record import EMOTIONS, DataError
from training.data.sets import DRAWN, SETS, data_folder
from training.experiment import cross_validate, train_on_all
from training.export import OPSET, export
from training.judge import judge_pixels
from training.plan import Data, Plan, Report, undefended
from training.progress import Stages

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

DEFAULT_SETS = ("fer", "jaffe", "yale", "frl")
PRETRAINING = Recipe(batch=128, contrast=0.5)
"""For faces without names: emotion first, and the contrast as its help."""

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


def make_bundle(request: Request) -> Path:
    """Trains, judges and writes a bundle; returns its folder.

    Raises:
        DataError: if the data are not there or not as they should be.
        FileExistsError: if there is such a bundle already.
        ValueError: if the run's folder holds another run.
    """
    target = request.models / request.name / request.version
    if target.exists():
        raise FileExistsError(f"{target} exists. Name another version with --version.")
    torch.set_num_threads(1)  # more threads wait for each other longer than they compute here
    plan = _plan(request)
    folder = data_folder(request.data)
    names = _chosen(request, folder)
    with Stages() as stages:
        crops = {name: crops_of(name, folder, request.run, stages.report) for name in names}
        data = _arranged(crops, folder, request, stages)
        bare = judge_pixels(data, plan, stages.report)
        if request.reference:
            without = request.run / "undefended"
            bare += cross_validate(data, undefended(plan), without, stages.report)
        results = cross_validate(data, plan, request.run, stages.report)
        final, more = train_on_all(data, plan, request.run, stages.report)
    results += more
    graph = export(final, GEOMETRY.width, request.seed)
    learned = crops.keys() - {HELD_OUT}
    parameters = sum(
        p.numel() for p in [*final.base.parameters(), *final.emotion_head.parameters()]
    )
    card = Card(
        name=request.name,
        version=request.version,
        created=datetime.now(UTC).date(),
        summary=_summary(results, data),
        terms=_terms(learned),
        labels=list(EMOTIONS),
        dimension=plan.recipe.dimension,
        crop=GEOMETRY,
        graph=describe_graph(graph, OPSET),
        levels=LEVELS,
        default_level=DEFAULT_LEVEL,
        training=Training(
            command=_command(request),
            preset="contrast-entropy-noise",
            seed=request.seed,
            data=[_source(name, crops[name]) for name in crops if name in learned],
            parameters=parameters,
        ),
        results=bare + results,
        audit=audit_in_words(bare + results, DEFAULT_LEVEL),
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
    written = write_bundle(card, graph, request.models)
    console = Console()
    for name, part in crops.items():
        console.print(f"{SETS[name].info.name}: {part.report.in_words()}")
    console.print(f"\n{card.audit}\n\nWritten: {written}")
    return written


def _plan(request: Request) -> Plan:
    return Plan(
        recipe=Recipe(steps=request.steps),
        pretraining=replace(PRETRAINING, steps=request.pretraining_steps),
        levels={NOISE_FREE: 0.0} | {name: level.sigma for name, level in LEVELS.items()},
        folds=request.folds,
        seed=request.seed,
    )


def _chosen(request: Request, folder: Path | None) -> list[str]:
    if request.sets is None:
        if folder is None:
            return [DRAWN]
        return [name for name in DEFAULT_SETS if SETS[name].is_in(folder)] or ["own"]
    if unknown := sorted(set(request.sets) - SETS.keys()):
        raise DataError(f"Unknown sets: {', '.join(unknown)}. Known: {', '.join(SETS)}.")
    return list(request.sets)


def _arranged(
    crops: dict[str, CropSet], folder: Path | None, request: Request, stages: Stages
) -> Data:
    """Sorts the sets by what their labels can teach, and adds what is only judged on."""

    def extra(name: str) -> dict[str, CropSet]:
        if name in crops or not SETS[name].is_in(folder):
            return {}
        return {SETS[name].info.name: crops_of(name, folder, request.run, stages.report)}

    titled = {SETS[name].info.name: part for name, part in crops.items()}
    named = {name: part for name, part in titled.items() if (part.subject != UNKNOWN).all()}
    if not any((part.emotion != UNKNOWN).any() for part in titled.values()):
        raise DataError("None of the sets tells emotions; a filter needs them to learn from.")
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
        run.parent / "crops",
        lambda done, total: report(f"cropping {known.info.name}", done, total),
    )


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
            "terms": info.terms,
            "citation": info.citation,
        }
    )


def _terms(learned: set[str]) -> str:
    if learned <= {"drawn"}:
        return "any use; it has seen drawn faces only, and reads no real ones"
    if learned <= {"frl", "drawn"}:
        return "any use, with attribution (CC BY 4.0)"
    if learned <= {"own"}:
        return "as agreed with the people who are shown"
    return "non-commercial research: trained on research-only images"


def _summary(results: list[Result], data: Data) -> str:
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
        f"Reads {len(EMOTIONS)} emotions from a face and releases an embedding trained against "
        f"re-identification. At level {DEFAULT_LEVEL}, cross-validated: {'; '.join(parts)}."
    )


def _command(request: Request) -> str:
    words = ["faceveil", "train", "--name", request.name, "--version", request.version]
    if request.data == Path(DRAWN):
        words += ["--data", DRAWN]
    if request.sets:
        words += ["--sets", ",".join(request.sets)]
    words += ["--steps", str(request.steps), "--pretraining-steps", str(request.pretraining_steps)]
    words += ["--folds", str(request.folds), "--seed", str(request.seed)]
    return shlex.join(words if request.reference else [*words, "--no-reference"])
