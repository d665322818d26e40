"""Runs what is not finished, and says what was found."""

import json
import platform
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from faceveil.audit.protocol import assign_folds
from faceveil.outputs import must_be_writable
from faceveil.pool.cpus import usable_cores
from training.commands.options import Precision
from training.data.crops import CropSet
from training.data.record import EMOTIONS, DataError
from training.data.sets import SETS, data_folder
from training.filter.distributed import refuse_several
from training.filter.precision import settled
from training.lab.claim import claim, digest
from training.lab.judge import Fold
from training.lab.plan import Report
from training.studies.make import GEOMETRY, cache_of, crops_of, refuse_missing
from training.studies.reproduction.catalogue import FROM_SCRATCH, Catalogue, catalogue
from training.studies.reproduction.cells import Cell, Journal
from training.studies.reproduction.conclude import Pool
from training.studies.reproduction.published import PAPER
from training.studies.reproduction.result import Reproduction
from training.studies.reproduction.system import System
from training.studies.reproduction.turn import Turn, renumbered

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "scikit-image", "torch")
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What `faceveil reproduce` was asked for; see its options."""

    data_set: str
    data: Path | None
    run: Path
    folds: int
    seed: int
    quick: bool
    systems: tuple[str, ...] | None
    precision: Precision = Precision.AUTO

    @property
    def command(self) -> str:
        """What makes it again, wherever the data are."""
        words = ["faceveil", "reproduce", self.data_set]
        words += ["--folds", str(self.folds), "--seed", str(self.seed)]
        words += ["--precision", self.precision]
        return shlex.join([*words, "--quick"] if self.quick else words)


def reproduce(request: Request, report: Report) -> Reproduction:
    """Does what is not done, fold by fold, and pools all that is.

    Raises:
        DataError: if the data are not there or not as they should be.
        ValueError: if the run's folder holds another run, or a system is unknown.
    """
    refuse_several("faceveil reproduce")
    torch.set_num_threads(1)  # more threads wait for each other longer than they compute here
    folder = data_folder(request.data)
    refuse_missing([request.data_set], folder, request.run, teacher=False)
    _refuse_unknown(catalogue(request.data_set, quick=request.quick, seed=request.seed), request)
    must_be_writable(folders=[request.run, cache_of(request.run)])
    part = crops_of(request.data_set, folder, request.run, report)
    shown = len(np.unique(part.emotion))
    precision = settled(request.precision, FROM_SCRATCH, GEOMETRY.width, shown, request.run)
    request = replace(request, precision=precision)
    plan = catalogue(
        request.data_set,
        quick=request.quick,
        seed=request.seed,
        mixed_precision=precision.is_mixed,
    )
    journal = fill(part, plan, request, report)
    return conclude(part, plan, journal, request)


def fill(part: CropSet, plan: Catalogue, request: Request, report: Report) -> Journal:
    """Runs every cell of the request that the folder does not hold yet.

    Raises:
        DataError: if there are fewer groups of pictures than folds.
        ValueError: if the folder holds another run, or a system is unknown.
    """
    _refuse_unknown(plan, request)
    if len(np.unique(part.group)) < request.folds:
        raise DataError(f"Too few pictures for {request.folds} folds.")
    part = renumbered(part)
    turns = _turns(part, request)
    tested = [turn.fold.tested for turn in turns]
    purpose = {
        "set": request.data_set,
        "seed": request.seed,
        "data": digest(part.crops, part.emotion, part.subject, part.group, *tested),
    }
    claim(request.run, json.dumps(purpose, indent=1))
    journal = Journal(request.run)
    wanted = [s for s in plan.systems if request.systems is None or s.name in request.systems]
    cells = [(system, turn) for system in wanted for turn in turns[: plan.turns]]
    todo = [
        (system, turn)
        for system, turn in cells
        if journal.get(system.name, system.digest, turn.number) is None
    ]
    total = sum(system.weight for system, _ in cells)
    before = total - sum(system.weight for system, _ in todo)

    def done(weight: float) -> None:
        report(f"{request.data_set}, % of the work", int(_STEPS * weight / total), _STEPS)

    done(before)
    for system, turn in todo:

        def told(share: float, system: System = system, before: float = before) -> None:
            done(before + share * system.weight)

        told(0.0)
        journal.keep(_cell(system, turn, told))
        before += system.weight
    done(total)
    return journal


def _refuse_unknown(plan: Catalogue, request: Request) -> None:
    names = [system.name for system in plan.systems]
    if unknown := sorted(set(request.systems or ()) - set(names)):
        raise ValueError(f"Unknown systems: {', '.join(unknown)}. Known: {', '.join(names)}.")


def _turns(part: CropSet, request: Request) -> list[Turn]:
    of_row = assign_folds(part.subject, part.group, request.folds, request.seed)
    return [
        Turn(Fold(part, of_row == number), number, request.seed + number)
        for number in range(request.folds)
    ]


def _cell(system: System, turn: Turn, told: Callable[[float], None]) -> Cell:
    start = time.process_time()
    outcomes = system.run(turn, told)
    return Cell(
        system=system.name,
        settings=system.digest,
        fold=turn.number,
        rows=np.flatnonzero(turn.fold.tested).tolist(),
        outcomes=outcomes,
        seconds=round(time.process_time() - start, 2),
    )


def conclude(part: CropSet, plan: Catalogue, journal: Journal, request: Request) -> Reproduction:
    """Pools the systems that are finished on every fold, and names those that are not."""
    turns = plan.turns or request.folds
    finished: dict[str, list[Cell]] = {}
    missing = []
    for system in plan.systems:
        cells = [journal.get(system.name, system.digest, number) for number in range(turns)]
        done = [cell for cell in cells if cell is not None]
        if len(done) == turns:
            finished[system.name] = done
        else:
            missing.append(system.name)
    shown = np.unique(part.emotion)
    people = len(np.unique(part.subject))
    pool = Pool(finished, people, len(shown))
    published = PAPER[request.data_set]
    return Reproduction(
        data=SETS[request.data_set].info.name,
        command=request.command,
        created=datetime.now(UTC).date(),
        seed=request.seed,
        folds=request.folds,
        turns=turns,
        images=len(part),
        augmented=plan.images,
        people=people,
        emotions=[EMOTIONS[code] for code in shown],
        pictures=part.report.in_words(),
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _LIBRARIES},
        machine=f"{platform.machine()}, {usable_cores()} CPU cores, one of them used",
        minutes=round(sum(c.seconds for cells in finished.values() for c in cells) / 60, 1),
        cut=plan.cut,
        missing=missing,
        paper=pool.paper(published.accuracy),
        released=pool.released(),
        hand_made=pool.hand_made(),
        degraded=pool.degraded(),
        controls=pool.controls(),
    )
