"""One fold's turn, as every system sees it, and how attackers are let loose on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import Attacker
from faceveil.audit.closed_set import FoldOutcome, answered, attack
from faceveil.audit.protocol import Split
from training.data.crops import CropSet
from training.lab.judge import Floats, Fold

Outcomes = dict[str, list[FoldOutcome]]

ACROSS = ", other emotions only"
NOISE_FREE = ", noise-free gallery"


@dataclass(frozen=True, slots=True)
class Turn:
    """A fold of the cross-validation.

    Attributes:
        fold: its rows; emotions and people are numbered from 0.
        number: which fold.
        seed: of everything random in it.
    """

    fold: Fold
    number: int
    seed: int

    @property
    def emotions(self) -> int:
        """How many emotions the set shows."""
        return int(self.fold.part.emotion.max()) + 1

    @property
    def people(self) -> int:
        """How many people the set shows."""
        return int(self.fold.part.subject.max()) + 1

    def labels(self, identity: bool) -> NDArray[np.int64]:
        """(N,) whom, or which emotion, each row shows."""
        return self.fold.part.subject if identity else self.fold.part.emotion

    def answers(
        self, log_scores: NDArray[np.float64], *, identity: bool, converged: bool
    ) -> FoldOutcome:
        """What a network's log-probabilities, (tested rows, classes), say."""
        truth = self.labels(identity)[self.fold.tested]
        return answered(log_scores, truth, converged=converged)

    def classified(self, features: Floats, attacker: Attacker, *, identity: bool) -> FoldOutcome:
        """What a classifier makes of features, (N, D), of which it learns the rows not tested."""
        label, tested = self.labels(identity), self.fold.tested
        known, asked = features[~tested].astype(np.float64), features[tested].astype(np.float64)
        split = Split(
            known,
            label[~tested],
            asked,
            label[tested],
            gallery_groups=self.fold.part.group[~tested],
        )
        classes = self.people if identity else self.emotions
        return attack(split, attacker, range(classes), self.seed)

    def attacked(
        self,
        gallery: Floats,
        probe: Floats,
        attackers: Sequence[Attacker],
        across: Sequence[Attacker],
        condition: str = "",
    ) -> Outcomes:
        """Whose are the tested rows?

        Args:
            gallery: (N, D), each row as the attackers know it.
            probe: (N, D), each row as it is asked about.
            attackers: who are asked about each row with all others of the gallery.
            across: who are asked once more with other emotions only than the one asked about.
            condition: what is added to the attackers' names.
        """
        found: Outcomes = {}
        for apart, words, crowd in ((False, "", attackers), (True, ACROSS, across)):
            splits = self.fold.splits(gallery, probe, across_emotions=apart)
            for attacker in crowd:
                found[f"{attacker.name}{condition}{words}"] = [
                    attack(split, attacker, range(self.people), self.seed) for split in splits
                ]
        return found


def renumbered(part: CropSet) -> CropSet:
    """The same rows, with emotions and people numbered from 0 without gaps."""
    return replace(
        part,
        emotion=np.unique(part.emotion, return_inverse=True)[1],
        subject=np.unique(part.subject, return_inverse=True)[1],
    )
