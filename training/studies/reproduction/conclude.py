"""Pools the cells of a run into figures."""

from collections.abc import Mapping, Sequence

from faceveil.audit.closed_set import pooled
from training.studies.reproduction.cells import Cell
from training.studies.reproduction.feature_systems import HAND_MADE, PIXELS, SHUFFLED
from training.studies.reproduction.published import TASK, Task
from training.studies.reproduction.result import Control, Figure, Readings, Released

RELEASED = {
    "undefended": ("Emotion", "Emotion", "the base of Emotion: the flattened map"),
    "paper": ("Hybrid", "Hybrid2Emotion", "the base of Hybrid: the flattened map"),
    "strong": ("strong", "emotion", "preset strong, level balanced: 16 values with noise"),
}
"""Representation -> its system, the outcome that tells its emotion, and what it is."""

Finished = Mapping[str, Sequence[Cell]]
"""System -> its cells, one a fold, where all of them are there."""


class Pool:
    """Makes figures of cells."""

    def __init__(self, finished: Finished, people: int, emotions: int) -> None:
        """Takes the finished systems.

        Args:
            finished: their cells.
            people: how many the set shows.
            emotions: how many the set shows.
        """
        self._finished = finished
        self._classes: dict[Task, int] = {"identity": people, "emotion": emotions}

    def paper(self, accuracy: Mapping[str, float]) -> list[Figure]:
        """The paper's systems, in its order, with its accuracies beside ours."""
        return [
            self._figure(cells, name, task).model_copy(update={"paper": accuracy.get(name)})
            for name, task in TASK.items()
            for cells in self._finished.values()
            if name in cells[0].outcomes
        ]

    def released(self) -> list[Released]:
        """What each of the bases gives away; the paper's own heads count as attackers too."""
        found = []
        for name, (system, emotion, what) in RELEASED.items():
            if system not in self._finished:
                continue
            cells = self._finished[system]
            told = {emotion, "Emotion", "Hybrid", "Hybrid2Emotion"}
            attacks = [key for key in cells[0].outcomes if key not in told]
            found.append(
                Released(
                    name=name,
                    what=what,
                    emotion=self._figure(cells, emotion, "emotion"),
                    attacks=self._figures(cells, attacks, "identity"),
                )
            )
        return found

    def hand_made(self) -> list[Readings]:
        """HOG, Gabor, eigenfaces."""
        return [self._readings(name) for name in HAND_MADE if name in self._finished]

    def degraded(self) -> list[Readings]:
        """Degradations, each read in several ways."""
        return [
            self._readings(name)
            for name, cells in self._finished.items()
            if any(key.startswith("emotion/") for key in cells[0].outcomes)
        ]

    def controls(self) -> list[Control]:
        """For raw pixels and for shuffled names, whoever names most."""
        found = []
        for name in (PIXELS, SHUFFLED):
            if name in self._finished:
                cells = self._finished[name]
                figures = self._figures(cells, list(cells[0].outcomes), "identity")
                worst = max(figures, key=lambda figure: figure.rate.rate)
                found.append(Control(name=name, worst=worst))
        return found

    def _readings(self, name: str) -> Readings:
        cells = self._finished[name]
        figures = []
        for key in cells[0].outcomes:
            task: Task = "emotion" if key.startswith("emotion") else "identity"
            figure = self._figure(cells, key, task)
            figures.append(figure.model_copy(update={"system": key.partition("/")[2] or name}))
        return Readings(name=name, figures=figures)

    def _figures(self, cells: Sequence[Cell], keys: Sequence[str], task: Task) -> list[Figure]:
        return [self._figure(cells, key, task) for key in keys]

    def _figure(self, cells: Sequence[Cell], key: str, task: Task) -> Figure:
        classes = self._classes[task]
        outcomes = [outcome for cell in cells for outcome in cell.outcomes[key]]
        result = pooled(key, classes, outcomes)
        return Figure(
            system=key,
            task=task,
            rate=result.rate,
            chance=1 / classes,
            answers=result.identities_predicted,
            classes=classes,
            converged=result.converged,
        )
