"""What whoever reads an audit should know of its data: what was taken, and what looks wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from faceveil.audit.arrays import Bools, Floats, Ints
from faceveil.audit.features import Features
from faceveil.featurefile import listed, span

FEWEST = 10
"""Different values of a dimension below which it may rise with the rows by luck."""


def with_emotions(features: Features, what: str) -> tuple[Features, list[str]]:
    """The features with the emotions of all of them or of none, and a sentence where it is none.

    A control for the emotion that left some samples out would judge another set than is supplied.
    """
    if features.emotion is None or (features.emotion != "").all():
        return features, []
    unknown = int((features.emotion == "").sum())
    return replace(features, emotion=None), [
        f"The emotion of {unknown} of {len(features)} {what} is unknown, so none is used: no "
        "attacker knows it, and recognition by one's usual emotion counts as recognition."
    ]


def remarks(features: Features) -> list[str]:
    """Sentences on the columns that were taken, and on those that look like no embedding."""
    return [*_taken(features), *_suspicious(features)]


def _taken(features: Features) -> Iterator[str]:
    if features.dimensions:
        yield f"The columns taken are {span(features.dimensions)}."
    if features.ignored:
        yield f"Left out: {listed(features.ignored)}."


def _suspicious(features: Features) -> Iterator[str]:
    rows = features.embedding
    for found, what in (
        (_whole(rows), "whole numbers only, as a count or a code does"),
        (
            _monotone(rows),
            "values that rise or fall from row to row, as a row number or a time does",
        ),
        (
            _personal(rows, features.subject),
            "one value for each person and another for everybody else, as a number of the person "
            "does",
        ),
    ):
        if found.any():
            names = [_name(features, int(place)) for place in np.flatnonzero(found)]
            verb = "holds" if len(names) == 1 else "hold"
            yield (
                f"{listed(names)} {verb} {what}. If that is no part of the embedding, audit "
                "without it: choose the columns."
            )


def _whole(rows: Floats) -> Bools:
    """(D,) whole numbers between others that are not; where all are, they are quantised."""
    whole: Bools = (rows == np.floor(rows)).all(axis=0)
    varied: Bools = rows.max(axis=0) > rows.min(axis=0)
    if (whole | ~varied).all():
        return np.zeros_like(whole)
    return whole & varied


def _monotone(rows: Floats) -> Bools:
    """(D,) values in the order of the rows, enough of them to be no luck."""
    steps = np.diff(rows, axis=0)
    several = (steps != 0).sum(axis=0) + 1 >= FEWEST
    found: Bools = ((steps >= 0).all(axis=0) | (steps <= 0).all(axis=0)) & several
    return found


def _personal(rows: Floats, subject: np.ndarray[tuple[int], np.dtype[np.str_]]) -> Bools:
    """(D,) one value in all samples of each person who has several, and another for each."""
    _, code, count = np.unique(subject, return_inverse=True, return_counts=True)
    order = np.argsort(code, kind="stable")
    starts: Ints = np.concatenate([[0], np.cumsum(count)[:-1]])
    least, most = (f.reduceat(rows[order], starts, axis=0) for f in (np.minimum, np.maximum))
    several = count > 1
    if several.sum() < 2:
        return np.zeros(rows.shape[1], dtype=bool)
    constant: Bools = (least == most)[several].all(axis=0)
    values = np.sort(least[several], axis=0)
    return constant & (np.diff(values, axis=0) > 0).all(axis=0)


def _name(features: Features, place: int) -> str:
    return features.dimensions[place] if features.dimensions else f"dimension {place}"
