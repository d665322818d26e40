"""What a reproduction found: one frozen model, for the table and for JSON."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from faceveil.rate import Rate
from training.lab.measurement import Task
from training.paper.published import TASK
from training.studies.features import PIXELS, SHUFFLED

CAUGHT = 0.9
"""Rate from which raw pixels count as caught."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Figure(_Frozen):
    """One rate.

    Attributes:
        system: who reads, or who attacks.
        task: what is to be told.
        rate: over all tested images.
        chance: what guessing scores.
        answers: how many different emotions or people it ever names; 1 is a collapsed head.
        classes: how many there are.
        paper: the paper's accuracy, in percent, where it has one.
        converged: whether every training came to an end by itself.
    """

    system: str
    task: Task
    rate: Rate
    chance: float
    answers: int
    classes: int
    paper: float | None = None
    converged: bool

    @property
    def below_chance(self) -> bool:
        """Clearly: a warning, for a broken head or misleading folds score so, and no success."""
        return self.rate.high < self.chance

    @property
    def collapsed(self) -> bool:
        """Whether it never names half of the people or emotions, where it had occasion to."""
        return self.rate.total >= 3 * self.classes and self.answers <= self.classes / 2


class Released(_Frozen):
    """What is released by one system, and what attackers make of it.

    Attributes:
        name: of the representation.
        what: it is, in a few words.
        emotion: what is read in it as its system does.
        attacks: the ladder.
    """

    name: str
    what: str
    emotion: Figure
    attacks: list[Figure]

    @property
    def worst(self) -> Figure:
        """The attacker that names most people rightly."""
        return max(self.attacks, key=lambda figure: figure.rate.rate)


class Readings(_Frozen):
    """Emotion and identity as one or several features tell them.

    Attributes:
        name: of the features, or of the degradation with its strength.
        figures: of them.
    """

    name: str
    figures: list[Figure]


class Control(_Frozen):
    """A check of the attackers and the folds.

    Attributes:
        name: of the check.
        worst: the attacker that names most people rightly.
    """

    name: str
    worst: Figure


class Reproduction(_Frozen):
    """The result, as far as it is done.

    Attributes:
        data: name of the set.
        command: what makes it again.
        created: when.
        seed: of everything.
        folds: of the cross-validation.
        turns: how many of them were tested.
        images: in the set, after exact copies were dropped.
        augmented: to how many.
        people: in the set.
        emotions: that the set shows.
        pictures: what became of the set's files, in words.
        versions: of the libraries.
        machine: in words.
        minutes: of processor time.
        cut: what is less than in full.
        missing: systems that have not been run on every fold.
        paper: the paper's table.
        released: representations under the same attackers.
        hand_made: features made by hand.
        degraded: pictures made worse.
        controls: what must be caught, and what must not.
    """

    version: Literal[1] = 1
    data: str
    command: str
    created: date
    seed: int
    folds: int
    turns: int
    images: int
    augmented: int
    people: int
    emotions: list[str]
    pictures: str
    versions: dict[str, str]
    machine: str
    minutes: float
    cut: list[str]
    missing: list[str]
    paper: list[Figure]
    released: list[Released]
    hand_made: list[Readings]
    degraded: list[Readings]
    controls: list[Control]

    @property
    def warnings(self) -> list[str]:
        """What must not be read as a success."""
        said = [
            f"{where}{figure.system}: {figure.rate} is clearly below chance ({figure.chance:.1%})."
            for where, figure in self._figures()
            if figure.below_chance
        ]
        said += [
            f"{where}{figure.system} names {figure.answers} of {figure.classes}: a collapsed head."
            for where, figure in self._figures()
            if figure.collapsed and not figure.system.startswith("prior")
        ]
        said += [
            f"The paper's own {figure.system}, {figure.paper:.2f} %, is below chance "
            f"({figure.chance:.1%}): a broken head or misleading folds score so, not anonymity."
            for figure in self.paper
            if figure.paper is not None and figure.paper < 100 * figure.chance
        ]
        for control in self.controls:
            worst = control.worst
            if control.name == PIXELS and worst.rate.rate < CAUGHT:
                said.append(f"{PIXELS} give too little away ({worst.rate}): attackers are broken.")
            if control.name == SHUFFLED and worst.rate.low > worst.chance:
                said.append(f"{SHUFFLED} are told better than chance ({worst.rate}): folds leak.")
        return said

    def _figures(self) -> list[tuple[str, Figure]]:
        found = [("", figure) for figure in self.paper]
        for part in self.released:
            others = [figure for figure in part.attacks if figure.system not in TASK]
            found += [(f"{part.name}, ", figure) for figure in others]
        for reading in (*self.hand_made, *self.degraded):
            found += [(f"{reading.name}, {f.task}, ", f) for f in reading.figures]
        return found
