"""Folds of a set, dealt once; what attackers learn from in each, and what they answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import Attacker
from faceveil.audit.closed_set import FoldOutcome, answered, attack
from faceveil.audit.protocol import Split, assign_folds
from training.data.crops import UNKNOWN, CropSet
from training.lab.attack import Emotions, Gallery, attempts
from training.lab.cells import Outcomes

Floats = NDArray[np.float32] | NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fold:
    """A set, which of its rows are tested, and which ones attackers know.

    Attributes:
        part: N rows.
        tested: bool, (N,).
        known: bool, (N,), the gallery.
        number: which fold.
        seed: of everything random in it.
    """

    part: CropSet
    tested: Mask
    known: Mask
    number: int
    seed: int

    @property
    def learned(self) -> CropSet:
        """The rows that a filter of this fold may learn from."""
        return self.part.take(~self.tested)

    @property
    def emotions(self) -> int:
        """How many emotions the set shows."""
        return int(self.part.emotion.max()) + 1

    @property
    def people(self) -> int:
        """How many people the set shows."""
        return int(self.part.subject.max()) + 1

    def labels(self, identity: bool) -> NDArray[np.int64]:
        """(N,) whom, or which emotion, each row shows."""
        return self.part.subject if identity else self.part.emotion

    def answers(
        self, log_scores: NDArray[np.float64], *, identity: bool, converged: bool
    ) -> FoldOutcome:
        """What a network's log-probabilities, (tested rows, classes), say."""
        truth = self.labels(identity)[self.tested]
        return answered(log_scores, truth, converged=converged)

    def classified(self, features: Floats, attacker: Attacker, *, identity: bool) -> FoldOutcome:
        """What a classifier makes of features, (N, D), of which it learns the rows not tested."""
        label, tested = self.labels(identity), self.tested
        known, probe = features[~tested].astype(np.float64), features[tested].astype(np.float64)
        groups = self.part.group[~tested]
        split = Split(known, label[~tested], probe, label[tested], gallery_groups=groups)
        classes = self.people if identity else self.emotions
        return attack(split, attacker, range(classes), self.seed)

    def attacked(
        self,
        galleries: Mapping[Gallery, Floats],
        probe: Floats,
        attackers: Sequence[Attacker],
        across: Sequence[Attacker] = (),
    ) -> Outcomes:
        """Whose are the tested rows? Of a set whose people are numbered from 0 without gaps.

        Args:
            galleries: (N, D) each, the rows as the attackers know them.
            probe: (N, D), each row as it is asked about.
            attackers: who are asked about each row with all others of the gallery.
            across: who are asked once more with other emotions only than the one asked about.
        """

        def splits(gallery: Gallery, emotions: Emotions) -> list[list[Split]]:
            return [self.splits(galleries[gallery], probe, emotions)]

        return {
            str(attempt.attack): [
                attack(split, attempt.attacker, range(self.people), self.seed)
                for split in attempt.folds[0]
            ]
            for attempt in attempts(splits, attackers, across, list(galleries))
        }

    def splits(
        self, gallery: Floats, probe: Floats, emotions: Emotions = Emotions.ALL
    ) -> list[Split]:
        """What attackers learn from and are asked.

        Args:
            gallery: (N, D), each row as the attacker knows it.
            probe: (N, D), each row as it is asked about.
            emotions: of the gallery with which a probe is compared. Where a person has one image of
                each emotion, a fold's gallery holds the probe's emotion for everybody but the
                probe's person, which misleads attackers: their failure would be the folds' doing.

        Returns:
            One split, or one an emotion; none where nobody who is probed is in a gallery.
        """
        shown = self.part.emotion
        if emotions is Emotions.ALL:
            return list(self._split(gallery, probe, self.known, self.tested))
        return [
            split
            for emotion in np.unique(shown[self.tested & (shown != UNKNOWN)])
            for split in self._split(
                gallery,
                probe,
                self.known & (shown != emotion),
                self.tested & (shown == emotion),
            )
        ]

    def _split(self, gallery: Floats, probe: Floats, known: Mask, probed: Mask) -> Iterable[Split]:
        subject = self.part.subject
        probed = probed & np.isin(subject, subject[known])
        if probed.any():
            yield Split(
                gallery[known].astype(np.float64),
                subject[known],
                probe[probed].astype(np.float64),
                subject[probed],
                gallery_emotions=self.part.emotion[known],
                probe_emotions=self.part.emotion[probed],
                gallery_groups=self.part.group[known],
            )


def deal(part: CropSet, count: int, seed: int) -> list[Fold]:
    """Deals a set to the folds of a cross-validation; no group is separated.

    Args:
        part: the set.
        count: of the folds.
        seed: of the first fold and of who is dealt where; the others' count up.
    """
    number = assign_folds(part.subject, part.group, count, seed)
    return [Fold(part, number == k, number != k, k, seed + k) for k in range(count)]


def undivided(part: CropSet) -> list[Fold]:
    """The set in one fold, all rows tested and known, to compare each emotion with the others."""
    every = np.ones(len(part), np.bool_)
    return [Fold(part, every, every, 0, 0)]


def renumbered(part: CropSet) -> CropSet:
    """The same rows, with emotions and people numbered from 0 without gaps."""
    return replace(
        part,
        emotion=np.unique(part.emotion, return_inverse=True)[1],
        subject=np.unique(part.subject, return_inverse=True)[1],
    )
