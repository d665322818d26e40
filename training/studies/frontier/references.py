"""What the preset is held against, on the same folds: features made by hand, and worse pictures."""

from pathlib import Path

from training.baselines.degradations import STRENGTHS
from training.lab.folds import Fold
from training.lab.measurement import Measurement
from training.lab.plan import Progress
from training.lab.system import claimed, compare, finished, pool
from training.studies.features import degraded_systems, hand_made_systems


def references(
    folds: list[Fold], name: str, title: str, seed: int, folder: Path, progress: Progress
) -> list[Measurement]:
    """Reads moods and people in each, by linear discriminants, as `faceveil reproduce` does.

    People and emotions of the set are numbered from 0 without gaps. It has a short name, and a
    title for tables.

    Raises:
        ValueError: if the folder holds another run.
    """
    systems = [*hand_made_systems(), *degraded_systems(STRENGTHS)]
    run = claimed(name, folds, seed, folder, progress)
    compare(systems, folds, run, f"{name}, % of the work")
    measured = []
    for released, cells in finished(systems, folds, run).items():
        for key in cells[0].outcomes:
            task, _, reader = key.partition("/")
            classes = folds[0].people if task == "identity" else folds[0].emotions
            measured.append(
                Measurement(
                    data=title,
                    protocol=f"{len(folds)}-fold cross-validation, linear discriminants",
                    level="",
                    task="identity" if task == "identity" else "emotion",
                    system=reader or released,
                    rate=pool(cells, key, classes).rate,
                    chance=1 / classes,
                    seed=seed,
                    released=released,
                )
            )
    return measured
