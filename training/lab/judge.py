"""Judges filters: emotion that is read, people that attackers of the audit still name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faceveil.audit.attackers import LDA, LOGISTIC, NEAREST, Attacker
from faceveil.audit.bound import proved
from faceveil.audit.codebook import BEYOND, Seeing, knowing_codebook
from faceveil.audit.protocol import Split
from faceveil.rate import Rate
from training.baselines import hog
from training.data.crops import UNKNOWN, CropSet
from training.filter.release import RADIUS
from training.lab.attack import Attack, Attempt, Emotions, Gallery, attempts, plain
from training.lab.folds import Fold, Mask
from training.lab.measurement import Measurement, Task
from training.lab.plan import THE_CROP, Data, Plan
from training.lab.reading import Judged, emotions_read, priors_of, reader
from training.lab.runner import Run

PIXEL_ATTACKERS: tuple[Attacker, ...] = (LDA, NEAREST)
STRANGER_ATTACKERS: tuple[Attacker, ...] = (LDA, NEAREST)
"""Those that learn hundreds of people in minutes."""

ACROSS_EMOTIONS: tuple[Attacker, ...] = (LOGISTIC, NEAREST)
"""Those that learn from one image a person, which is all that some galleries then hold."""

KNOWING_CODEWORDS: tuple[Attacker, ...] = (
    Seeing(LDA, "codeword"),
    Seeing(NEAREST, "codeword"),
    *knowing_codebook((LDA, NEAREST)),
)
"""Those that join where there are codewords."""

HELD_OUT = "images held out of training"
STRANGERS = "people unknown to the filter"
"""How a set was judged that is no part of the cross-validation."""

HOG_READER = Attack(LDA.name, features="HOG")
"""Who reads emotions in crops."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A fold as a filter sees it that did not learn from the tested rows.

    Attributes:
        fold: the rows, N of them.
        model: the filter.
        embedding: float32, (N, D), without noise.
    """

    fold: Fold
    model: Judged
    embedding: NDArray[np.float32]

    @classmethod
    def by(cls, model: Judged, fold: Fold) -> "Embedded":
        """The fold as the filter sees it."""
        return cls(fold, model, model.embed(fold.part.crops))


def add_noise(embedding: NDArray[np.float32], sigma: float, seed: int) -> NDArray[np.float32]:
    """Embeddings as they are released: float32, (N, D)."""
    noise = np.random.default_rng(seed).standard_normal(embedding.shape)
    return embedding + noise.astype(np.float32) * np.float32(sigma)


def galleries_at(sigma: float) -> tuple[Gallery, ...]:
    """What attackers have at a level: where there is noise, also what has none, as owners do."""
    return (Gallery.RELEASED, Gallery.NOISE_FREE) if sigma > 0 else (Gallery.RELEASED,)


def judge_set(
    name: str, embedded: Sequence[Embedded], plan: Plan, run: Run, released: str = ""
) -> list[Measurement]:
    """Emotion and re-identification of one cross-validated set, at each level.

    Attackers hold released embeddings of the people; at levels with noise once more noise-free
    ones, as somebody has who owns the model. Both once more with other emotions only.

    Args:
        name: of the set.
        embedded: its folds.
        plan: levels, attackers and seed.
        run: whose finished cells are not done again.
        released: name of the filter.
    """
    part = embedded[0].fold.part
    protocol = (
        f"{len(embedded)}-fold cross-validation, gallery of images that the filter learned from"
    )
    judged = _Judged(name, protocol, plan, run, part, released)
    measured = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        run.progress(f"attacking {name}", done, len(plan.levels))
        noisy = [
            add_noise(one.embedding, sigma, plan.seed + number)
            for number, one in enumerate(embedded)
        ]
        tested = [
            (one.model, rows[one.fold.tested], part.emotion[one.fold.tested])
            for one, rows in zip(embedded, noisy, strict=True)
        ]

        def splits(
            gallery: Gallery, emotions: Emotions, noisy: list[NDArray[np.float32]] = noisy
        ) -> list[list[Split]]:
            cut = []
            for one, rows in zip(embedded, noisy, strict=True):
                known = one.embedding if gallery is Gallery.NOISE_FREE else rows
                cut.append(_of(one.model, one.fold.splits(known, rows, emotions)))
            return cut

        measured += judged.read_by(tested, level)
        galleries = galleries_at(sigma)
        measured += judged.named(
            level, attempts(splits, plan.attackers, ACROSS_EMOTIONS, galleries)
        )
        if all(one.model.codewords is not None for one in embedded):
            measured += judged.named(level, attempts(splits, KNOWING_CODEWORDS, (), galleries))
    run.progress(f"attacking {name}", len(plan.levels), len(plan.levels))
    return measured


def _of(model: Judged, splits: Iterable[Split]) -> list[Split]:
    """The splits with the codewords of the model whose embeddings they hold."""
    words = None if model.codewords is None else model.codewords.astype(np.float64)
    return [replace(split, codewords=words) for split in splits]


def judge_crops(data: Data, plan: Plan, run: Run) -> list[Measurement]:
    """What the crops themselves tell, on the same folds: people by grey levels, emotions by HOG.

    People are the control of the attackers: whoever fails here would prove nothing by failing
    later. Emotions are the baseline of features made by hand.
    """
    measured = []
    for done, (name, dealt) in enumerate(data.named.items()):
        run.progress("attacking the crops themselves", done, len(data.named))
        part = dealt[0].part
        judged = _Judged(name, f"{plan.folds}-fold cross-validation, the crop", plan, run, part)
        pixels = part.crops.reshape(len(part), -1).astype(np.float64)
        splits = [fold.splits(pixels, pixels) for fold in dealt]
        measured += judged.named(THE_CROP, plain(PIXEL_ATTACKERS, splits))
        labelled = part.emotion != UNKNOWN
        if len(np.unique(part.emotion[labelled])) > 1:
            # The classifier that names people, asked for emotions in their place.
            moods = replace(part, subject=part.emotion).take(labelled)
            gradients = hog.features(moods.crops)
            folds = [
                replace(
                    fold, part=moods, tested=fold.tested[labelled], known=fold.known[labelled]
                ).splits(gradients, gradients)
                for fold in dealt
            ]
            if read := run.attacked(Attempt(HOG_READER, LDA, folds), plan.seed):
                measured += judged.read(THE_CROP, read.earned == 1, str(HOG_READER))
    run.progress("attacking the crops themselves", len(data.named), len(data.named))
    return measured


def judge_emotion(
    name: str, model: Judged, held_out: CropSet, plan: Plan, run: Run
) -> list[Measurement]:
    """Emotion on images that were never learned from, at each level: plain accuracy."""
    judged = _Judged(name, HELD_OUT, plan, run, held_out)
    embedding = model.embed(held_out.crops)
    return [
        read
        for level, sigma in plan.levels.items()
        for noisy in [add_noise(embedding, sigma, plan.seed)]
        for read in judged.read_by([(model, noisy, held_out.emotion)], level)
    ]


def judge_strangers(
    name: str, model: Judged, strangers: Sequence[Fold], plan: Plan, run: Run
) -> list[Measurement]:
    """Re-identification of people that the filter never learned from, at each level.

    And their emotions, where these are known.
    """
    part = strangers[0].part
    embedding = model.embed(part.crops)
    protocol = f"{plan.folds}-fold cross-validation, {STRANGERS}"
    judged = _Judged(name, protocol, plan, run, part)
    measured = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        run.progress(f"attacking {name}", done, len(plan.levels))
        # One draw for all folds: here one model releases each image once.
        noisy = add_noise(embedding, sigma, plan.seed)
        measured += judged.read_by([(model, noisy, part.emotion)], level)
        splits = [_of(model, fold.splits(noisy, noisy)) for fold in strangers]
        measured += judged.named(level, plain(STRANGER_ATTACKERS, splits))
        if model.codewords is not None:
            measured += judged.named(level, plain(KNOWING_CODEWORDS, splits))
    run.progress(f"attacking {name}", len(plan.levels), len(plan.levels))
    return measured


Tested = tuple[Judged, NDArray[np.float32], NDArray[np.int64]]
"""A filter, embeddings that it released, (N, D), and the emotions, (N,), that their faces show."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the measurements of one set under one protocol have in common."""

    data: str
    protocol: str
    plan: Plan
    run: Run
    part: CropSet
    released: str = ""

    def read_by(self, tested: Sequence[Tested], level: str) -> list[Measurement]:
        """How many emotions filters read, under each prior; nothing where none are known."""
        measured = []
        for prior in priors_of(model for model, *_ in tested):
            hits = [
                emotions_read(model, released[known], prior) == emotion[known]
                for model, released, emotion in tested
                for known in [emotion != UNKNOWN]
            ]
            who = reader(len(self.plan.labels), prior)
            measured += self.read(level, np.concatenate(hits), who)
        return measured

    def read(self, level: str, hits: Mask, reader: str) -> list[Measurement]:
        """How many emotions somebody reads; nothing where none are known."""
        if not len(hits):
            return []
        shown = np.unique(self.part.emotion[self.part.emotion != UNKNOWN])
        rate = Rate.of(int(hits.sum()), len(hits))
        return [self._measured(level, "emotion", reader, rate, len(shown))]

    def named(self, level: str, every: Iterable[Attempt]) -> list[Measurement]:
        """How many people each attack names; without those where nobody could be found."""
        people = len(np.unique(self.part.subject))
        return [
            self._measured(
                level,
                "identity",
                str(attempt.attack),
                outcome.rate,
                people,
                self._bound(level, attempt),
            )
            for attempt in every
            if (outcome := self.run.attacked(attempt, self.plan.seed))
        ]

    def _bound(self, level: str, attempt: Attempt) -> float | None:
        """What is proved of the attack's probes; None without codewords or without noise."""
        sigma = self.plan.levels.get(level, 0.0)
        splits = [split for fold in attempt.folds for split in fold]
        if sigma == 0 or any(split.codewords is None for split in splits):
            return None
        return proved(
            splits,
            RADIUS,
            sigma,
            sees_codeword=attempt.attack.features != BEYOND,
            knows_emotion=attempt.attack.knows_emotion,
        )

    def _measured(
        self,
        level: str,
        task: Task,
        system: str,
        rate: Rate,
        classes: int,
        bound: float | None = None,
    ) -> Measurement:
        return Measurement(
            data=self.data,
            protocol=self.protocol,
            level=level,
            task=task,
            system=system,
            rate=rate,
            chance=1 / classes,
            bound=bound,
            seed=self.plan.seed,
            released=self.released,
        )
