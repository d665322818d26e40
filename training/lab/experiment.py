"""Trains and judges the filters of an experiment: one a fold, and the one that is released."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from faceveil.model.card import Breakdown, ExpressionTold, Probe
from training.data.crops import CropSet, join
from training.data.digest import digest
from training.filter.algorithm import Filter, Recipe
from training.lab import breakdown
from training.lab.expression import expression_of
from training.lab.judge import (
    HELD_OUT,
    STRANGERS,
    Embedded,
    judge_emotion,
    judge_set,
    judge_strangers,
)
from training.lab.measurement import Measurement
from training.lab.plan import Data, Plan, Progress
from training.lab.probe import probed
from training.lab.reading import Judged
from training.lab.runner import Run


def claimed(folder: Path, data: Data, plan: Plan, progress: Progress) -> Run:
    """The run in a folder.

    Raises:
        ValueError: if the folder holds a run of another plan or other data.
    """
    purpose = json.dumps([asdict(plan.trained), digests(data)], indent=1, sort_keys=True)
    return Run.claimed(folder, purpose, progress)


def digests(data: Data) -> dict[str, str]:
    """A value for each set that is learned from; it changes with the set and with its folds."""
    found = {
        n: digest(part.crops, part.emotion, part.likeness, part.votes)
        for n, part in data.for_release.wild.items()
    }
    for name, dealt in data.named.items():
        part = dealt[0].part
        # With other folds, a cached filter would have learned from images that it is tested on.
        tested = [fold.tested for fold in dealt]
        columns = (part.crops, part.emotion, part.subject, part.likeness, part.votes)
        found[name] = digest(*columns, *tested)
    return found


def pretrained(data: Data, plan: Plan, run: Run, name: str = "pretrained") -> Filter | None:
    """The filter that has learned the sets without names; None where there are none of them.

    Args:
        data: the sets.
        plan: says how.
        run: keeps it.
        name: of its file, without the ending.
    """
    if not data.wild:
        return None
    wild = join(data.wild.values())

    def learned(
        file: str, recipe: Recipe, seed: int, tutored: Callable[[], Sequence[Filter]] = tuple
    ) -> Filter:
        return run.trained(
            file,
            wild,
            recipe,
            classes=len(plan.labels),
            seed=seed,
            tutored=tutored,
            stage=f"{file}: learning from faces without names",
        )

    def tutors() -> list[Filter]:
        return [
            learned(f"tutor-{number}", plan.tutoring, plan.seed + number)
            for number in range(plan.tutors)
        ]

    return learned(name, plan.pretraining, plan.seed, tutors)


def train_folds(data: Data, plan: Plan, run: Run, start: Filter | None) -> list[Filter]:
    """Trains a filter a fold, on all sets at once, from the pretrained one."""
    return [
        run.trained(
            name := f"fold-{number}",
            learned := data.learned_in(number),
            plan.recipe,
            classes=len(plan.labels),
            seed=plan.seed + number,
            start=start or _reading(name, learned, plan, run),
            stage="cross-validation",
            before=plan.recipe.steps * number,
            total=plan.recipe.steps * plan.folds,
        )
        for number in range(plan.folds)
    ]


def train_final(data: Data, plan: Plan, run: Run, start: Filter | None) -> Filter:
    """Trains the filter that is released, on all sets, from the pretrained one.

    Where faces were made of the named sets, from one of its own, which has learned these too.
    """
    if data.made:
        start = pretrained(data.for_release, plan, run, "pretrained-for-release")
    return run.trained(
        "final",
        data.everything,
        plan.recipe,
        classes=len(plan.labels),
        seed=plan.seed,
        start=start or _reading("final", data.everything, plan, run),
        stage="final training",
    )


def _reading(name: str, learned: CropSet, plan: Plan, run: Run) -> Filter | None:
    """A filter that reads emotions, for codewords to be learned from; None where none are wanted.

    It takes the place of the pretrained one where there are no faces without names.
    """
    if not plan.recipe.codewords:
        return None
    return run.trained(
        f"{name}-reading",
        learned,
        plan.pretraining,
        classes=len(plan.labels),
        seed=plan.seed,
        stage=f"{name}: learning to read",
    )


def judge_folds(
    data: Data,
    plan: Plan,
    models: Sequence[Judged],
    run: Run,
) -> list[Measurement]:
    """Judges each fold's filter on the images that it did not learn from.

    Args:
        data: the sets.
        plan: of the cross-validation.
        models: one a fold, as `train_folds` gives them, or in other arithmetic.
        run: whose finished cells are not done again.
    """
    measured = []
    for name, dealt in data.named.items():
        embedded = [Embedded.by(model, fold) for model, fold in zip(models, dealt, strict=True)]
        measured += judge_set(name, embedded, plan, run)
    return measured


def judge_final(data: Data, plan: Plan, final: Judged, run: Run) -> list[Measurement]:
    """Judges the filter that is released on what was held out of its training."""
    measured = []
    for name, held_out in data.held_out.items():
        measured += judge_emotion(name, final, held_out, plan, run)
    for name, strangers in data.strangers.items():
        measured += judge_strangers(name, final, strangers, plan, run)
    return measured


@dataclass(frozen=True, slots=True)
class Detail:
    """What a card tells of emotions beside the plain rates.

    Attributes:
        breakdowns: how well they are read in each kind of pictures.
        probes: what an app can learn from what is released.
        expression: what is told beyond emotions, and how well; none where nothing is.
    """

    breakdowns: list[Breakdown]
    probes: list[Probe]
    expression: ExpressionTold | None = None


def judge_in_detail(
    data: Data, plan: Plan, models: Sequence[Judged], final: Judged, level: str, progress: Progress
) -> Detail:
    """Kinds of pictures at one level, of every set with emotions; votes and moves at each level.

    Args:
        data: the sets.
        plan: of the cross-validation.
        models: one a fold.
        final: that is released.
        level: of the kinds.
        progress: called with how far it is.
    """
    kinds, probes = [], []
    for done, (name, dealt) in enumerate(data.named.items()):
        progress("reading each kind of pictures", done, len(data.named))
        kinds += breakdown.of_folds(name, dealt, models, plan, level)
    progress("reading each kind of pictures", len(data.named), len(data.named))
    for name, part in data.held_out.items():
        kinds += breakdown.of_set(name, HELD_OUT, part, final, plan, level)
        probes += probed(name, part, final, plan.levels, plan.seed, progress)
    for name, strangers in data.strangers.items():
        kinds += breakdown.of_set(name, STRANGERS, strangers[0].part, final, plan, level)
    return Detail(kinds, probes, expression_of(data, plan, final, progress))
