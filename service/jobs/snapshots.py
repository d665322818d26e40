"""What an audit works on, taken when it is asked for: embeddings with pseudonyms, until it ends."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from service import featurefile
from service.audit.features import Features, FeaturesError, assembled
from service.store import features
from service.store.database import Database

AUDITED, GALLERY, REFERENCE = "features", "gallery", "reference"
"""The parts of what an audit works on; only the first must be there."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The parts of an audit's input as `.npz` files.

    Attributes:
        model: name and version, or None where an upload does not tell.
        parts: by name.
        subjects: pseudonyms of everybody in it.
    """

    model: str | None
    parts: dict[str, bytes]
    subjects: frozenset[str]


def of_store(database: Database, tenant: str, selection: features.Selection) -> Snapshot:
    """What the store has of a selection.

    Raises:
        FeaturesError: if it has nothing, or embeddings of several versions of the model.
    """
    found = [one for page in features.pages(database, tenant, selection) for one in page]
    if not found:
        raise FeaturesError("Nothing that is stored fits this selection.")
    models = sorted({f"{one.made.model} {one.made.version}" for one in found})
    if len(models) > 1:
        raise FeaturesError(
            f"Embeddings of {' and '.join(models)} do not compare. Select one 'version'."
        )
    emotions = [one.emotion for one in found]
    columns = {
        "embedding": np.stack([one.embedding for one in found]),
        "subject": [one.subject for one in found],
        "emotion": None if None in emotions else emotions,
        "session": _sessions(found),
        "model": models[0],
    }
    subjects = frozenset(one.subject for one in found)
    return Snapshot(models[0], {AUDITED: featurefile.npz(columns)}, subjects)


def of_upload(uploaded: Mapping[str, Features], pseudonym: Callable[[str], str]) -> Snapshot:
    """What was sent, with pseudonyms in place of the names in it.

    Args:
        uploaded: features by part.
        pseudonym: of a name.
    """
    names = {name for part in uploaded.values() for name in np.unique(part.subject).tolist()}
    known = {name: pseudonym(name) for name in names}
    parts = {
        name: featurefile.npz(
            {
                "embedding": part.embedding,
                "subject": [known[subject] for subject in part.subject.tolist()],
                "emotion": part.emotion,
                "session": part.session,
                "model": part.model,
            }
        )
        for name, part in uploaded.items()
    }
    return Snapshot(uploaded[AUDITED].model, parts, frozenset(known.values()))


def features_of(parts: Mapping[str, bytes], name: str) -> Features | None:
    """One part again; None where there is none."""
    if name not in parts:
        return None
    return assembled(featurefile.read(io.BytesIO(parts[name]), ".npz"))


def _sessions(found: list[features.Feature]) -> list[str] | None:
    """A session is one person's; what has none is a session of its own."""
    if all(one.session is None for one in found):
        return None
    return [one.id if one.session is None else f"{one.subject}/{one.session}" for one in found]


def describe(selection: features.Selection) -> dict[str, Any]:
    """A selection for the access log, without whom it names."""
    told = {"model": selection.model, "version": selection.version, "level": selection.level}
    return {name: value for name, value in told.items() if value is not None}
