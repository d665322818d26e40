"""What an audit works on, taken when it is requested: embeddings, and pseudonyms for names."""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from faceveil import featurefile
from faceveil.audit.features import Features, FeaturesError, assembled, model_of

AUDITED, GALLERY, REFERENCE = "features", "gallery", "reference"
"""The parts of what an audit works on; only the first must be there."""

FEWEST = 2
"""People without whom there is nothing to audit."""

_MODEL = re.compile(r"[A-Za-z0-9._+-]{1,64}( [A-Za-z0-9._+-]{1,32})?")


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


def of_upload(
    uploaded: Mapping[str, featurefile.Columns],
    identify: Callable[[set[str]], Mapping[str, str]],
) -> Snapshot:
    """What was sent, with pseudonyms in place of the names in it.

    Args:
        uploaded: files by part.
        identify: the pseudonym of each name.

    Raises:
        FeaturesError: if its model's name is none, or a file has several.
    """
    model, *_ = [model_of(uploaded[part]) for part in (AUDITED, *uploaded)]
    if model is not None and not _MODEL.fullmatch(model):
        raise FeaturesError("`model` must be a name and a version, as in 'faceveil 1.0.0'.")
    names = {str(name) for part in uploaded.values() for name in part.labels["subject"]}
    known = identify(names)
    parts = {
        name: featurefile.npz(
            {
                "embedding": part.embedding,
                "subject": [known[str(subject)] for subject in part.labels["subject"]],
                "emotion": part.labels.get("emotion"),
                "session": part.labels.get("session"),
                "model": model_of(part),
                "level": part.labels.get("level"),
                "dimensions": part.dimensions or None,
                "ignored": part.ignored or None,
            }
        )
        for name, part in uploaded.items()
    }
    return Snapshot(model, parts, frozenset(known.values()))


def features_of(parts: Mapping[str, bytes], name: str) -> Features | None:
    """One part again; None where there is none."""
    if name not in parts:
        return None
    return assembled(featurefile.read(io.BytesIO(parts[name]), ".npz"))
