"""The one runner of all studies: what is finished, trained or judged, is not done again.

A run's folder holds filters (`pretrained.pt`, `fold-K.pt`, ...), a checkpoint of the one that is
being trained, and a line for each finished cell of judging. The same call finds them there and goes
on. Processes that torchrun started train together; judging is for the first of them alone.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from faceveil import guarantee
from faceveil.audit import attackers, closed_set, codebook, discriminants, protocol
from faceveil.audit.closed_set import ClosedSet, attack, pooled
from faceveil.audit.protocol import Split, subjects_of
from training.data.crops import CropSet
from training.data.digest import digest
from training.filter.algorithm import Filter, Recipe, train
from training.filter.checkpoint import Checkpoint
from training.filter.files import cached
from training.lab.attack import Attempt
from training.lab.cells import Cell, Cells, Outcomes, claim
from training.lab.plan import Progress, within

_CODE = [
    np.frombuffer(Path(str(module.__file__)).read_bytes(), np.uint8)
    for module in (attackers, closed_set, codebook, discriminants, guarantee, protocol)
]
"""Of all by which attackers answer: who was changed is tried again."""


@dataclass(frozen=True, slots=True)
class Run:
    """A folder that is claimed for one purpose, and how far it is.

    Attributes:
        folder: of the run.
        progress: called with how far it is.
        cells: those that are finished.
    """

    folder: Path
    progress: Progress
    cells: Cells

    @classmethod
    def claimed(cls, folder: Path, purpose: str, progress: Progress) -> "Run":
        """The run in a folder; raises as `claim` does."""
        claim(folder, purpose)
        return cls(folder, progress, Cells(folder))

    def within(self, name: str) -> "Run":
        """The same run, whose stages are those of something that has a name."""
        return replace(self, progress=within(name, self.progress))

    def trained(
        self,
        name: str,
        learned: CropSet,
        recipe: Recipe,
        *,
        classes: int,
        seed: int,
        start: Filter | None = None,
        tutored: Callable[[], Sequence[Filter]] = tuple,
        stage: str,
        before: int = 0,
        total: int | None = None,
    ) -> Filter:
        """The filter in a file of the run, trained first where it is not there.

        A training that was stopped goes on from the checkpoint beside the file.

        Args:
            name: of the file, without its ending.
            learned: what it learns from.
            recipe: how.
            classes: how many emotions there are.
            seed: of everything random.
            start: a filter to go on from.
            tutored: gives its tutors; they are not needed where the filter is there.
            stage: of which it is a part, for the progress.
            before: updates of the stage that came before.
            total: updates of the stage; those of the recipe where none are given.
        """
        file = self.folder / f"{name}.pt"
        file.parent.mkdir(parents=True, exist_ok=True)
        checkpoint = Checkpoint(file.with_suffix(".checkpoint"))
        whole = recipe.steps if total is None else total
        filter_ = cached(
            file,
            learned.crops.shape[1],
            classes,
            recipe,
            lambda: train(
                learned,
                recipe,
                classes=classes,
                seed=seed,
                start=start,
                tutors=tutored(),
                progress=lambda step, _: self.progress(stage, before + step, whole),
                checkpoint=checkpoint,
            ),
        )
        checkpoint.forget()
        if before + recipe.steps == whole:
            self.progress(stage, whole, whole)  # nothing else speaks where it was there already
        return filter_

    def done(
        self,
        system: str,
        settings: str,
        fold: int,
        work: Callable[[], Outcomes | list[float]],
        rows: Sequence[int] = (),
    ) -> Cell:
        """The finished cell, see `Cell`; where there is none, work gives its outcomes or values."""
        cell = self.cells.get(system, settings, fold)
        if cell is None:
            start = time.process_time()
            found = work()
            cell = Cell(
                system=system,
                settings=settings,
                fold=fold,
                rows=list(rows),
                outcomes=found if isinstance(found, dict) else {},
                values=[] if isinstance(found, dict) else found,
                seconds=round(time.process_time() - start, 2),
            )
            self.cells.add(cell)
        return cell

    def attacked(self, attempt: Attempt, seed: int) -> ClosedSet | None:
        """What comes of an attack, each fold a cell; None where nobody could be found.

        A cell's settings are a digest of all that the attacker is given, so that it counts for
        those embeddings alone.
        """
        every = [split for splits in attempt.folds for split in splits]
        if not every:
            return None
        people = subjects_of(every)
        name = str(attempt.attack)
        outcomes = []
        for number, splits in enumerate(attempt.folds):

            def work(splits: Sequence[Split] = splits) -> Outcomes:
                return {
                    name: [attack(one, attempt.attacker, people.tolist(), seed) for one in splits]
                }

            settings = digest(*_CODE, np.array(seed), people, *_columns(splits))
            outcomes += self.done(name, settings[:16], number, work).outcomes[name]
        return pooled(name, len(people), outcomes)


def _columns(splits: Sequence[Split]) -> list[np.ndarray]:
    every = (getattr(split, field.name) for split in splits for field in fields(split))
    return [column for column in every if column is not None]
