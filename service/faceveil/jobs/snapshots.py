"""What an audit works on, taken when it is asked for: embeddings with pseudonyms, until it ends."""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from faceveil import featurefile
from faceveil.audit.features import Features, FeaturesError, assembled, model_of
from faceveil.store import access_log, audits, features
from faceveil.store.database import Database
from faceveil.store.locks import hold_tenant

AUDITED, GALLERY, REFERENCE = "features", "gallery", "reference"
"""The parts of what an audit works on; only the first must be there."""


_MODEL = re.compile(r"[A-Za-z0-9._+-]{1,64}( [A-Za-z0-9._+-]{1,32})?")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The parts of an audit's input as `.npz` files.

    Attributes:
        model: name and version, or None where an upload does not tell.
        parts: by name.
        subjects: pseudonyms of everybody in it.
        selection: of what is stored; None for an upload.
        ids: of the features that were read.
    """

    model: str | None
    parts: dict[str, bytes]
    subjects: frozenset[str]
    selection: features.Selection | None = None
    ids: frozenset[str] = frozenset()

    def holds(self, connection: Connection, tenant: str) -> bool:
        """Whether all of it is still stored, now and to the end of this transaction.

        Otherwise somebody in it was erased since it was read, and it must not be kept.
        """
        if self.selection is None:
            return True
        hold_tenant(connection, tenant)
        return self.ids <= features.ids(connection, tenant, self.selection)

    def ask(
        self,
        connection: Connection,
        tenant: str,
        actor: str,
        source: str,
        options: Mapping[str, object],
    ) -> str | None:
        """Keeps it for an audit, and writes down who asked for that.

        Args:
            connection: within a transaction.
            tenant: whose it is.
            actor: who asks.
            source: `store` or `upload`.
            options: of the audit.

        Returns:
            The audit's identifier; None if somebody in it was erased since it was read.
        """
        if not self.holds(connection, tenant):
            return None
        id_ = audits.create(
            connection,
            tenant,
            model=self.model,
            source=source,
            options=options,
            inputs=self.parts,
            subjects=self.subjects,
        )
        # An upload's model is what the client says, which has no place in a log that lasts.
        named = {} if self.selection is None else {"model": self.model or ""}
        detail = {"audit": id_, "source": source, **named}
        access_log.append(connection, tenant, actor, "audited", detail)
        return id_


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
    columns = {
        "embedding": np.stack([one.embedding for one in found]),
        "subject": [one.subject for one in found],
        "emotion": [one.emotion for one in found],
        "session": [one.session for one in found],
        "model": models[0],
    }
    subjects = frozenset(one.subject for one in found)
    ids = frozenset(one.id for one in found)
    return Snapshot(models[0], {AUDITED: featurefile.npz(columns)}, subjects, selection, ids)


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
