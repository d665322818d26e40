"""Pools the cells of a run into figures; the tables are questions asked of these."""

from collections.abc import Mapping, Sequence

from training.lab.cells import Cell
from training.lab.measurement import Task
from training.lab.system import pool
from training.paper.published import TASK
from training.studies.features import HAND_MADE, PIXELS, SHUFFLED
from training.studies.reproduction.result import Control, Figure, Readings, Released

RELEASED = {
    "undefended": ("Emotion", "Emotion", "the base of Emotion: the flattened map"),
    "paper": ("Hybrid", "Hybrid2Emotion", "the base of Hybrid: the flattened map"),
    "strong": ("strong", "emotion", "preset strong, level balanced: 16 values with noise"),
}
"""Representation -> its system, the outcome that tells its emotion, and what it is."""

Figures = Mapping[str, Sequence[Figure]]
"""System -> its figures, where it is finished."""


def figures_of(finished: Mapping[str, Sequence[Cell]], people: int, emotions: int) -> Figures:
    """All that was measured.

    Args:
        finished: systems, and the cells of each, one a fold.
        people: how many the set shows.
        emotions: how many the set shows.
    """
    classes: dict[Task, int] = {"identity": people, "emotion": emotions}
    return {
        name: [_figure(cells, key, classes) for key in cells[0].outcomes]
        for name, cells in finished.items()
    }


def _figure(cells: Sequence[Cell], key: str, classes: Mapping[Task, int]) -> Figure:
    task: Task = "emotion" if key.partition("/")[0] == "emotion" else TASK.get(key, "identity")
    result = pool(cells, key, classes[task])
    return Figure(
        system=key,
        task=task,
        rate=result.rate,
        chance=1 / classes[task],
        answers=result.identities_predicted,
        classes=classes[task],
        converged=result.converged,
    )


def paper(figures: Figures, accuracy: Mapping[str, float]) -> list[Figure]:
    """The paper's systems, in its order, with its accuracies beside ours."""
    return [
        figure.model_copy(update={"paper": accuracy.get(name)})
        for name in TASK
        for each in figures.values()
        for figure in each
        if figure.system == name
    ]


def released(figures: Figures) -> list[Released]:
    """What each of the bases gives away; the paper's own heads count as attackers too."""
    return [
        Released(
            name=name,
            what=what,
            emotion=next(figure for figure in figures[system] if figure.system == emotion),
            attacks=[figure for figure in figures[system] if figure.task == "identity"],
        )
        for name, (system, emotion, what) in RELEASED.items()
        if system in figures
    ]


def hand_made(figures: Figures) -> list[Readings]:
    """HOG, Gabor, eigenfaces."""
    return [_readings(name, figures[name]) for name in HAND_MADE if name in figures]


def degraded(figures: Figures) -> list[Readings]:
    """Degradations, each read in several ways."""
    return [_readings(name, each) for name, each in figures.items() if "/" in each[0].system]


def _readings(name: str, figures: Sequence[Figure]) -> Readings:
    """With the features that are read for the systems' names."""
    readers = [figure.system.partition("/")[2] or name for figure in figures]
    return Readings(
        name=name,
        figures=[
            figure.model_copy(update={"system": reader})
            for figure, reader in zip(figures, readers, strict=True)
        ],
    )


def controls(figures: Figures) -> list[Control]:
    """For raw pixels and for shuffled names, whoever names most."""
    return [
        Control(name=name, worst=max(figures[name], key=lambda figure: figure.rate.rate))
        for name in (PIXELS, SHUFFLED)
        if name in figures
    ]
