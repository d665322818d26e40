"""How well a filter tells valence, arousal and action units, beside what the label alone tells."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from faceveil.model.card import ExpressionResult, ExpressionTold, Move
from faceveil.rate import Estimate
from training.data.crop_set import UNKNOWN, CropSet
from training.data.moves import MOVES, UNITS
from training.filter.moves import means_of
from training.lab.judge import STRANGERS, add_noise
from training.lab.plan import Data, Plan, Progress
from training.lab.reading import Judged

RESAMPLES = 1000

SUMMARY = (
    "Looked up by the standard expression that is read back from the released vector, so it tells "
    "nothing that the vector does not. Learned from {images} pictures of {people} people whose "
    "portraits were animated, so that the strength of each action unit is known. Valence and "
    "arousal are the place that raters gave the emotion's word (Russell, Mehrabian 1977), times "
    "the strength with which it is acted: what a face shows by convention, and nobody's feelings."
)

Floats = NDArray[np.float64]


def expression_of(
    data: Data, plan: Plan, model: Judged, progress: Progress
) -> ExpressionTold | None:
    """What a card says of a filter's expression; none where the filter tells none."""
    if model.codewords is None or model.moves_in(model.codewords[:1]) is None:
        return None
    learned = data.everything
    learned = learned.take(learned.moving)
    people = len(np.unique(learned.subject[learned.subject != UNKNOWN]))
    return ExpressionTold(
        action_units=list(UNITS),
        summary=SUMMARY.format(images=len(learned), people=people),
        results=[
            result
            for name, strangers in data.strangers.items()
            for result in judge_expression(name, strangers[0].part, model, learned, plan, progress)
        ],
    )


def judge_expression(
    name: str, part: CropSet, model: Judged, learned: CropSet, plan: Plan, progress: Progress
) -> list[ExpressionResult]:
    """How well each move is told of a set that the filter did not learn from, at each level.

    Args:
        name: of the set.
        part: the set; rows whose moves are not known are left out.
        model: the filter.
        learned: with moves; the means of its emotions are what a label alone tells.
        plan: labels, levels and seed.
        progress: called with how far it is.

    Returns:
        None where no moves are known.
    """
    part = part.take(part.moving)
    if not len(part):
        return []
    people, person = np.unique(_persons(part), return_inverse=True)
    again = np.random.default_rng(plan.seed).multinomial(
        len(people), np.full(len(people), 1 / len(people)), RESAMPLES
    )
    usual = means_of(learned.emotion, learned.moves, len(plan.labels))
    truth, embedding = part.moves.astype(np.float64), model.embed(part.crops)
    stage, found = f"reading the moves of {name}", []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        progress(stage, done, len(plan.levels))
        released = add_noise(embedding, sigma, plan.seed)
        told = model.moves_in(released)
        assert told is not None
        by_label = usual[model.classify(released)]
        moves = zip(
            MOVES,
            agreement(told.astype(np.float64), truth, person, again),
            agreement(by_label, truth, person, again),
            np.ptp(truth, axis=0) > 0,
            strict=True,
        )
        found.append(
            ExpressionResult(
                data=name,
                protocol=STRANGERS,
                level=level,
                images=len(part),
                people=len(people),
                moves=[
                    Move(
                        name=move,
                        correlation=ours[0],
                        error=ours[1],
                        label_correlation=label[0],
                        label_error=label[1],
                    )
                    for move, ours, label, varies in moves
                    if varies
                ],
                seed=plan.seed,
            )
        )
    progress(stage, len(plan.levels), len(plan.levels))
    return found


def agreement(
    told: Floats, truth: Floats, person: NDArray[np.int64], again: NDArray[np.int64]
) -> Iterator[tuple[Estimate, Estimate]]:
    """Pearson's correlation and the mean absolute error of each column, resampled by people.

    Args:
        told: (N, V).
        truth: (N, V).
        person: (N,), numbers of people from 0.
        again: (B, P) how often each person is in each sample.
    """
    sums = np.zeros((again.shape[1], 6, truth.shape[1]))
    terms = (told, truth, told**2, truth**2, told * truth, np.abs(told - truth))
    np.add.at(sums, person, np.stack(terms, axis=1))
    faces = np.bincount(person, minlength=len(sums)).astype(np.float64)
    once = _figures(sums.sum(axis=0)[None] / len(told))
    drawn = _figures(np.einsum("bp,pkv->bkv", again, sums) / (again @ faces)[:, None, None])
    for column in range(truth.shape[1]):
        correlation, error = (
            Estimate.of(float(value[0, column]), spread[:, column])
            for value, spread in zip(once, drawn, strict=True)
        )
        yield correlation, error


def _figures(means: Floats) -> tuple[Floats, Floats]:
    """Correlation and error, (B, V) each, from the means of the six terms, (B, 6, V)."""
    x, y, xx, yy, xy, error = means.swapaxes(0, 1)
    spread = np.sqrt((xx - x**2).clip(min=0) * (yy - y**2).clip(min=0))
    correlation = np.divide(xy - x * y, spread, out=np.zeros_like(x), where=spread > 1e-9)
    return correlation.clip(-1, 1), error


def _persons(part: CropSet) -> NDArray[np.int64]:
    """Whose face each row shows; a row of nobody known is of somebody of its own."""
    return np.where(part.subject == UNKNOWN, -1 - np.arange(len(part)), part.subject)
