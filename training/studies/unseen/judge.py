"""Judges a filter on a whole set of people whom it has never seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import NEAREST
from faceveil.audit.closed_set import attack, pooled
from faceveil.audit.open_set import open_set
from faceveil.audit.protocol import Split
from faceveil.rate import Rate
from training.data.crops import UNKNOWN, CropSet
from training.data.digest import digest
from training.lab.attack import Attack, Emotions, Gallery, attempts
from training.lab.cells import Outcomes
from training.lab.folds import Floats, Fold, undivided
from training.lab.judge import (
    ACROSS_EMOTIONS,
    STRANGER_ATTACKERS,
    add_noise,
    galleries_at,
)
from training.lab.plan import Plan
from training.lab.reading import Judged, emotions_read, priors_of
from training.lab.reconstruction import learn_decoder, looks
from training.lab.runner import Run

NOTHING = "nothing"
"""Stands for the set left out where none is: that filter is judged on what none learns from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is read where an emotion is shown.

    Attributes:
        emotion: that is shown.
        images: how many show it.
        read: emotions and how often each is read, most often first.
    """

    emotion: str
    images: int
    read: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set tells of a filter at a level.

    Attributes:
        released: `undefended`, or the name of a level.
        without: what the filter has not learned from: title of the set, or `NOTHING`.
        emotion: balanced accuracy over the emotions shown, read with all outputs, with the interval
            of as many trials; None where no emotions are known.
        even: the same, read as if all emotions were equally likely; None too where nobody wrote
            down what the filter expects.
        attack: whose rank-1 is the highest; a gallery free of noise is tried too.
        rank1: that rank-1; between different emotions where they are known.
        drawn: rank-1 of whoever draws the face from the embedding and looks whose it is; None where
            no pictures were there to learn drawing from.
        chance: what guessing scores at that.
        eer: equal error rate of the best of several ways to compare two embeddings, with a 95 %
            interval by resampling people; 0.5 is chance. None where people are too few.
        shown: what is read where an emotion is shown.
        wild: accuracy on faces in the wild that were held out, where nothing was left out.
    """

    released: str
    without: str
    emotion: Rate | None
    even: Rate | None
    attack: Attack
    rank1: Rate
    drawn: Rate | None
    chance: float
    eer: tuple[float, float, float] | None
    shown: tuple[Shown, ...]
    wild: Rate | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A set of people that a filter never saw.

    Attributes:
        without: what the filter has not learned from: title of the set, or `NOTHING`.
        dealt: the set, with everybody named; the folds serve where no emotions are known.
        model: the filter.
        plan: its seed.
        run: whose finished cells are not done again.
        wild: uint8, (N, H, W), faces of whomever, as somebody has who owns the filter; the attacker
            who draws faces learns from them. None where there are none.
    """

    without: str
    dealt: Sequence[Fold]
    model: Judged
    plan: Plan
    run: Run
    wild: NDArray[np.uint8] | None = None

    def judged(self, level: str, sigma: float) -> Figures:
        """Emotion, rank-1 and equal error rate.

        Args:
            level: name of what is released.
            sigma: of its noise.
        """
        clean = self.model.embed(self.part.crops)
        noisy = add_noise(clean, sigma, self.plan.seed)
        part, read = self.part, self.model.classify(noisy)
        attack, rank1 = self._worst(clean, noisy, sigma)
        key = self._digest(clean, sigma)
        return Figures(
            released=level,
            without=self.without,
            emotion=balanced(read, part.emotion),
            even=self._even(noisy),
            attack=attack,
            rank1=rank1,
            drawn=None if self.wild is None else self._drawn(noisy, sigma, self.wild, key),
            chance=1 / len(np.unique(part.subject)),
            eer=self._eer(noisy, key),
            shown=read_as(read, part.emotion, self.plan.labels),
        )

    @property
    def part(self) -> CropSet:
        """The set."""
        return self.dealt[0].part

    @property
    def _labelled(self) -> bool:
        """Whether all emotions are known: then each is compared with all others, without folds."""
        return bool((self.part.emotion != UNKNOWN).all())

    def _even(self, noisy: NDArray[np.float32]) -> Rate | None:
        """Emotion under the even prior."""
        if "even" not in priors_of([self.model]):
            return None
        return balanced(emotions_read(self.model, noisy, "even"), self.part.emotion)

    def _worst(
        self, clean: NDArray[np.float32], noisy: NDArray[np.float32], sigma: float
    ) -> tuple[Attack, Rate]:
        """The attack that names most people."""
        known = {Gallery.RELEASED: noisy, Gallery.NOISE_FREE: clean}
        every = attempts(
            lambda gallery, _: self._splits(known[gallery], noisy),
            () if self._labelled else STRANGER_ATTACKERS,
            ACROSS_EMOTIONS if self._labelled else (),
            galleries_at(sigma),
        )
        tried = {
            attempt.attack: outcome.rate
            for attempt in every
            if (outcome := self.run.attacked(attempt, self.plan.seed))
        }
        return max(tried.items(), key=lambda one: one[1].rate)

    def _drawn(
        self, noisy: NDArray[np.float32], sigma: float, wild: NDArray[np.uint8], key: str
    ) -> Rate:
        """Rank-1 of who learns from faces of whomever to draw, and looks whose the drawing is."""
        people, seed = np.unique(self.part.subject).tolist(), self.plan.seed

        def work() -> Outcomes:
            released = add_noise(self.model.embed(wild), sigma, seed + 1)
            drawn = learn_decoder(released, wild, seed=seed).draw(noisy)
            folds = self._splits(looks(self.part.crops), looks(drawn))
            every = [split for splits in folds for split in splits]
            return {"drawn": [attack(split, NEAREST, people, seed) for split in every]}

        outcomes = self.run.done("drawn", key, 0, work).outcomes["drawn"]
        return pooled("drawn", len(people), outcomes).rate

    def _eer(self, noisy: NDArray[np.float32], key: str) -> tuple[float, float, float] | None:
        """Equal error rate with its interval; None where people are too few."""
        part = self.part
        emotion = part.emotion if self._labelled else None

        def work() -> list[float]:
            embedding = noisy.astype(np.float64)
            found = open_set(embedding, part.subject, part.group, emotion, self.plan.seed)
            return [found.eer, found.eer_low, found.eer_high] if found else []

        values = self.run.done("equal error rate", key, 0, work).values
        return (values[0], values[1], values[2]) if values else None

    def _splits(self, gallery: Floats, probe: Floats) -> list[list[Split]]:
        if self._labelled:
            return [f.splits(gallery, probe, Emotions.OTHERS) for f in undivided(self.part)]
        return [fold.splits(gallery, probe) for fold in self.dealt]

    def _digest(self, clean: NDArray[np.float32], sigma: float) -> str:
        """Of all that figures of this set depend on."""
        part, wild = self.part, [] if self.wild is None else [self.wild]
        numbers = np.array([sigma, self.plan.seed, self.plan.folds])
        columns = (part.crops, part.emotion, part.subject, part.group)
        return digest(clean, numbers, *columns, *wild)[:16]


def balanced(read: NDArray[np.int64], label: NDArray[np.int64]) -> Rate | None:
    """Mean over emotions of each one's accuracy (balanced accuracy).

    Args:
        read: (N,) emotions that were read.
        label: (N,) emotions that are shown; UNKNOWN ones are left out.
    """
    shown = [emotion for emotion in np.unique(label) if emotion != UNKNOWN]
    if not shown:
        return None
    each = [(read[label == emotion] == emotion).mean() for emotion in shown]
    total = int((label != UNKNOWN).sum())
    return Rate.of(round(float(np.mean(each)) * total), total)


def read_as(
    read: NDArray[np.int64], label: NDArray[np.int64], labels: Sequence[str]
) -> tuple[Shown, ...]:
    """Which emotions are read where one is shown.

    Args:
        read: (N,) emotions that were read.
        label: (N,) emotions that are shown; UNKNOWN ones are left out.
        labels: names of emotions.
    """
    found = []
    for emotion in np.unique(label[label != UNKNOWN]).tolist():
        often = Counter(read[label == emotion].tolist()).most_common()
        counts = tuple((labels[code], count) for code, count in often)
        found.append(Shown(labels[emotion], int((label == emotion).sum()), counts))
    return tuple(found)
