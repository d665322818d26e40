"""Runs what is not finished, and says what was found."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
import torch

from faceveil.pool.cpus import usable_cores
from training.data.crops import CropSet
from training.data.record import EMOTIONS, DataError
from training.data.sets import SETS
from training.filter.distributed import refuse_several
from training.lab.folds import Fold, deal, renumbered
from training.lab.plan import Progress
from training.lab.runner import Run
from training.lab.system import claimed, compare, finished
from training.paper.published import PAPER
from training.studies.gather import crops_of, refuse_at_once
from training.studies.preset import with_precision
from training.studies.reproduction import conclude
from training.studies.reproduction.catalogue import FROM_SCRATCH, Catalogue, catalogue
from training.studies.reproduction.options import ReproduceStudy
from training.studies.reproduction.result import Reproduction

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "scikit-image", "torch")


def reproduce(study: ReproduceStudy, progress: Progress) -> Reproduction:
    """Does what is not done, fold by fold, and pools all that is.

    Raises:
        DataError: if the data are not there or not as they should be.
        ValueError: if the run's folder holds another run, or a system is unknown.
    """
    refuse_several("faceveil reproduce")
    torch.set_num_threads(1)  # more threads wait for each other longer than they compute here
    name = study.data_set.value
    refuse_at_once([name], study)
    _refuse_unknown(catalogue(name, quick=study.quick, seed=study.seed), study)
    part = crops_of(name, study, progress)
    study = with_precision(study, FROM_SCRATCH, len(np.unique(part.emotion)))
    plan = catalogue(
        name, quick=study.quick, seed=study.seed, mixed_precision=study.precision.is_mixed
    )
    folds = dealt(part, study)
    run = compared(folds, plan, study, progress)
    return concluded(part, folds, plan, run, study)


def dealt(part: CropSet, study: ReproduceStudy) -> list[Fold]:
    """The folds of the study, in order.

    Raises:
        DataError: if there are fewer groups of pictures than folds.
    """
    if len(np.unique(part.group)) < study.folds:
        raise DataError(f"Too few pictures for {study.folds} folds.")
    return deal(renumbered(part), study.folds, study.seed)


def compared(folds: list[Fold], plan: Catalogue, study: ReproduceStudy, progress: Progress) -> Run:
    """Runs every cell of the study that its folder does not hold yet.

    Raises:
        ValueError: if the folder holds another run, or a system is unknown.
    """
    _refuse_unknown(plan, study)
    run = claimed(study.data_set.value, folds, study.seed, study.folder, progress)
    wanted = study.systems.split(",") if study.systems else [one.name for one in plan.systems]
    systems = [system for system in plan.systems if system.name in wanted]
    compare(systems, folds[: plan.turns], run, f"{study.data_set}, % of the work")
    return run


def _refuse_unknown(plan: Catalogue, study: ReproduceStudy) -> None:
    known = [system.name for system in plan.systems]
    wanted = study.systems.split(",") if study.systems else []
    if unknown := sorted(set(wanted) - set(known)):
        raise ValueError(f"Unknown systems: {', '.join(unknown)}. Known: {', '.join(known)}.")


def concluded(
    part: CropSet, folds: list[Fold], plan: Catalogue, run: Run, study: ReproduceStudy
) -> Reproduction:
    """Pools the systems that are finished on every fold, and names those that are not."""
    tested = folds[: plan.turns]
    cells = finished(plan.systems, tested, run)
    shown = np.unique(part.emotion)
    people = len(np.unique(part.subject))
    figures = conclude.figures_of(cells, people, len(shown))
    return Reproduction(
        data=SETS[study.data_set].info.name,
        command=study.command,
        created=datetime.now(UTC).date(),
        seed=study.seed,
        folds=study.folds,
        turns=len(tested),
        images=len(part),
        augmented=plan.images,
        people=people,
        emotions=[EMOTIONS[code] for code in shown],
        pictures=part.report.in_words(),
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _LIBRARIES},
        machine=f"{platform.machine()}, {usable_cores()} CPU cores, one of them used",
        minutes=round(sum(c.seconds for each in cells.values() for c in each) / 60, 1),
        cut=plan.cut,
        missing=[system.name for system in plan.systems if system.name not in cells],
        paper=conclude.paper(figures, PAPER[study.data_set].accuracy),
        released=conclude.released(figures),
        hand_made=conclude.hand_made(figures),
        degraded=conclude.degraded(figures),
        controls=conclude.controls(figures),
    )
