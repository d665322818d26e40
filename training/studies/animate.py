"""`faceveil animate`: from portraits to a set of animated faces; with progress shown."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from faceveil.outputs import must_be_writable
from training.data.animated.casting import cast, own_portraits
from training.data.animated.landmarks import Landmarker
from training.data.animated.origin import FREE
from training.data.animated.shot import Plan
from training.data.animated.writing import CONTACT_SHEET, write_set
from training.data.record import DataError, Record
from training.data.sets import SETS, data_folder
from training.lab.progress import Stages


@dataclass(frozen=True, slots=True)
class Animation:
    """What was asked for; the fields are the options of the command."""

    data: Path | None
    sets: str | None
    people: int | None
    output: Path
    takes: int = 10
    frames: int = 1
    size: int = 128
    seed: int = 0
    boldness: float = 1.0
    landmarker: Path | None = None


def animate_portraits(asked: Animation) -> str:
    """Makes the set.

    Returns:
        What was made, in sentences.

    Raises:
        DataError: if there are no portraits that can be moved, or MediaPipe is not there.
        OutputError: if the folder cannot be written into.
    """
    if asked.output.exists() and any(asked.output.iterdir()):
        raise DataError(f"{asked.output} is not empty. Name a new folder: --output FOLDER.")
    sets = asked.sets.split(",") if asked.sets else []
    records = list(_of_sets(sets, asked.data) if sets else own_portraits(_own(asked.data)))
    must_be_writable(folders=[asked.output])
    with Stages() as stages:
        with Landmarker(asked.landmarker) as landmarker:
            found = cast(
                records, landmarker, asked.people, partial(stages.report, "fitting the head")
            )
        plan = Plan(asked.takes, asked.frames, asked.size, asked.seed, asked.boldness)
        origin = {"sets": sets, "people": len(found.portraits), "left_out": found.left_out}
        shots = write_set(
            found.portraits, asked.output, plan, origin, partial(stages.report, "animating")
        )
    use = (
        "A model that learns from it may be used for anything, with attribution: name the folder "
        "animated, beside your other data sets, and train with --sets animated."
        if sets
        else f"Train on it: faceveil train --data {asked.output}"
    )
    return "\n".join(
        [
            *(f"Left out {name}: {reason}." for name, reason in found.left_out.items()),
            f"Written: {len(shots)} pictures of {len(found.portraits)} people to {asked.output}.",
            f"Look at {asked.output / CONTACT_SHEET} first. {use}",
        ]
    )


def _own(folder: Path | None) -> Path:
    if folder is None:
        raise DataError("Say where the portraits are: --data FOLDER.")
    return folder


def _of_sets(names: list[str], data: Path | None) -> Iterator[Record]:
    """Portraits of sets, their subjects and files called after the set too.

    Raises:
        DataError: if a set is unknown or not there.
    """
    if unknown := [name for name in names if name not in FREE]:
        raise DataError(
            f"No sets of free portraits: {', '.join(unknown)}. Known: {', '.join(FREE)}."
        )
    folder = data_folder(data)
    for name in names:
        for record in SETS[name].records(folder):
            yield replace(
                record,
                identifier=f"{name}/{record.identifier}",
                subject=f"{name}-{record.subject}",
            )
