"""The embeddings an audit judges, and the files they come in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from service import featurefile
from service.audit.arrays import Floats, Ints, Labels

LABELS = ("subject", "emotion", "session")
"""Columns that are labels of an embedding; `model` says where all of them come from."""


class FeaturesError(ValueError):
    """The features cannot be audited; the message is a sentence for whoever supplied them."""


@dataclass(frozen=True)
class Features:
    """Embeddings of one model and whose they are.

    Attributes:
        embedding: (N, D) float64, finite.
        subject: (N,) strings.
        emotion: (N,) strings, or None.
        session: (N,) strings, or None; embeddings of one session are never separated.
        model: name and version of the model, or None where unknown.
    """

    embedding: Floats
    subject: Labels
    emotion: Labels | None = None
    session: Labels | None = None
    model: str | None = None

    @classmethod
    def of(
        cls,
        embedding: object,
        subject: object,
        emotion: object = None,
        session: object = None,
        model: str | None = None,
    ) -> Features:
        """Features from anything numpy can read.

        Raises:
            FeaturesError: where shapes do not fit or a number is not finite.
        """
        try:
            rows = np.asarray(embedding, dtype=np.float64)
        except (TypeError, ValueError) as problem:
            raise FeaturesError("The embeddings are not a table of numbers.") from problem
        if rows.ndim != 2 or not rows.size:
            raise FeaturesError(
                f"`embedding` must have the shape (samples, dimensions), not {rows.shape}."
            )
        broken = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(broken):
            raise FeaturesError(
                f"{len(broken)} embeddings hold numbers that are not finite; the first is row "
                f"{broken[0]} (counted from 0)."
            )
        columns = dict(zip(LABELS, (subject, emotion, session), strict=True))
        labels = {
            name: np.asarray(column).astype(str)
            for name, column in columns.items()
            if column is not None
        }
        for name, column in labels.items():
            if column.shape != (len(rows),):
                raise FeaturesError(
                    f"`{name}` must have one label for each of the {len(rows)} embeddings; "
                    f"its shape is {column.shape}."
                )
        return cls(rows, labels["subject"], labels.get("emotion"), labels.get("session"), model)

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


def load(path: Path) -> Features:
    """Reads features from a file, as `service.featurefile` describes them.

    Raises:
        FeaturesError: where the file is missing or not readable, or what it holds does not fit.
    """
    try:
        columns = featurefile.read_path(path)
    except featurefile.FileError as problem:
        raise FeaturesError(str(problem)) from problem
    try:
        return assembled(columns)
    except FeaturesError as problem:
        raise FeaturesError(f"{path.name}: {problem}") from problem


def assembled(columns: Mapping[str, Any]) -> Features:
    """Features from the columns of a file.

    Raises:
        FeaturesError: where one is missing, or they do not fit each other.
    """
    for name in ("subject", "embedding"):
        if name not in columns:
            raise FeaturesError(
                f"`{name}` is missing; there is: {', '.join(columns) or 'nothing'}."
            )
    models = np.unique(np.asarray(columns.get("model", [])).astype(str))
    if len(models) > 1:
        raise FeaturesError("Embeddings of different models do not mix in one audit.")
    return Features.of(
        columns["embedding"],
        columns["subject"],
        columns.get("emotion"),
        columns.get("session"),
        str(models[0]) if len(models) else None,
    )
