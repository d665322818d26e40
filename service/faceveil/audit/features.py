"""The embeddings an audit judges, and the files they come in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from faceveil import featurefile
from faceveil.audit.arrays import Floats, Ints, Labels

LABELS = ("subject", "emotion", "session")
"""Columns that are labels of an embedding; `model` says where all of them come from."""


class FeaturesError(ValueError):
    """The features cannot be audited; the message is a sentence for whoever supplied them."""


@dataclass(frozen=True)
class Features:
    """Embeddings of one model and whose they are.

    Attributes:
        embedding: (N, D) float64, each value one that a float32 can hold.
        subject: (N,) strings.
        emotion: (N,) strings, empty where unknown; None where all are.
        session: (N,) strings; embeddings of one session are never separated. Empty where unknown,
            which is a session of its own; None where all are.
        model: name and version of the model, or None where unknown.
        dimensions: (D,) names of the columns that the embedding was made of; empty where it has
            none.
        ignored: names of what its file holds beside.
        levels: privacy levels of the model that its file names.
    """

    embedding: Floats
    subject: Labels
    emotion: Labels | None = None
    session: Labels | None = None
    model: str | None = None
    dimensions: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    levels: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        embedding: object,
        subject: Iterable[object],
        emotion: Iterable[object] | None = None,
        session: Iterable[object] | None = None,
        model: str | None = None,
    ) -> Features:
        """Features from anything numpy can read, with labels as `faceveil.labels` reads them.

        Raises:
            FeaturesError: where shapes do not fit, a number cannot be worked with, or a subject is
                unknown.
        """
        found = {
            "embedding": embedding,
            **dict(zip(LABELS, (subject, emotion, session), strict=True)),
        }
        found = {name: column for name, column in found.items() if column is not None}
        try:
            columns = featurefile.collected(found)
        except featurefile.FileError as problem:
            raise FeaturesError(_capital(problem)) from problem
        return replace(assembled(columns), model=model)

    def __len__(self) -> int:
        """Number of embeddings (N)."""
        return len(self.embedding)

    def __getitem__(self, rows: Ints) -> Features:
        """The features of these rows only."""
        return replace(
            self,
            embedding=self.embedding[rows],
            subject=self.subject[rows],
            emotion=None if self.emotion is None else self.emotion[rows],
            session=None if self.session is None else self.session[rows],
        )

    @property
    def digest(self) -> str:
        """SHA-256 over embeddings (as float32) and labels, in order: which data was audited."""
        sha = hashlib.sha256(np.ascontiguousarray(self.embedding, dtype="<f4").tobytes())
        for column in (self.subject, self.emotion, self.session):
            sha.update(b"\0" if column is None else "\n".join(column.tolist()).encode())
        return sha.hexdigest()


def load(path: Path, chosen: str | None = None) -> Features:
    """Reads features from a file, as `faceveil.featurefile` describes them.

    Args:
        path: of the file.
        chosen: which columns of a table are dimensions; None takes those that are numbered.

    Raises:
        FeaturesError: where the file is missing or not readable, or what it holds does not fit.
    """
    try:
        columns = featurefile.read_path(path, chosen)
    except featurefile.FileError as problem:
        raise FeaturesError(str(problem)) from problem
    try:
        return assembled(columns)
    except FeaturesError as problem:
        raise FeaturesError(f"{path.name}: {problem}") from problem


def assembled(columns: featurefile.Columns) -> Features:
    """Features from the columns of a file.

    Raises:
        FeaturesError: where they are of several models.
    """
    return Features(
        columns.embedding.astype(np.float64),
        np.array(columns.labels["subject"], dtype=str),
        _labels(columns.labels.get("emotion", ())),
        _labels(columns.labels.get("session", ())),
        model_of(columns),
        columns.dimensions,
        columns.ignored,
        frozenset(filter(None, columns.labels.get("level", ()))),
    )


def model_of(columns: featurefile.Columns) -> str | None:
    """The model that a file names; None where it does not.

    Raises:
        FeaturesError: where it names several.
    """
    models = {model for model in columns.labels.get("model", ()) if model is not None}
    if len(models) > 1:
        raise FeaturesError("Embeddings of different models do not mix in one audit.")
    return next(iter(models), None)


def _labels(column: Sequence[str | None]) -> Labels | None:
    """(N,) with empty strings for what is unknown; None where all of it is."""
    found = np.array(["" if label is None else label for label in column], dtype=str)
    return found if (found != "").any() else None


def _capital(problem: Exception) -> str:
    sentence = str(problem)
    return sentence[0].upper() + sentence[1:]
