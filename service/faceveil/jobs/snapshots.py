"""How an audit is requested: a snapshot of what is stored, and the request written down."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from faceveil import featurefile
from faceveil.audit.features import FeaturesError
from faceveil.audit.snapshot import AUDITED, Snapshot
from faceveil.store import access_log, audits, features
from faceveil.store.database import Database
from faceveil.store.locks import hold_tenant


@dataclass(frozen=True, slots=True)
class StoredSnapshot(Snapshot):
    """A snapshot of what was stored.

    Attributes:
        selection: that it has all of.
        ids: of the features that were read.
    """

    selection: features.Selection
    ids: frozenset[str]

    def holds(self, connection: Connection, tenant: str) -> bool:
        """Whether all of it is still stored, now and to the end of this transaction.

        Otherwise somebody in it was erased since it was read, and it must not be stored again.
        """
        hold_tenant(connection, tenant)
        return self.ids <= features.ids(connection, tenant, self.selection)


def of_store(database: Database, tenant: str, selection: features.Selection) -> StoredSnapshot:
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
        "level": [one.made.level for one in found],
    }
    subjects = frozenset(one.subject for one in found)
    ids = frozenset(one.id for one in found)
    return StoredSnapshot(models[0], {AUDITED: featurefile.npz(columns)}, subjects, selection, ids)


def request(
    connection: Connection,
    tenant: str,
    actor: str,
    snapshot: Snapshot,
    options: Mapping[str, object],
) -> str | None:
    """Stores a snapshot for an audit, and writes down who requested it.

    Args:
        connection: within a transaction.
        tenant: whose it is.
        actor: who requests it.
        snapshot: what is to be audited.
        options: of the audit.

    Returns:
        The audit's identifier; None if somebody in it was erased since it was read.
    """
    source, detail = "upload", {}
    if isinstance(snapshot, StoredSnapshot):
        if not snapshot.holds(connection, tenant):
            return None
        # An upload's model is what the client says, which has no place in a log that lasts.
        source, detail = "store", {"model": snapshot.model or ""}
    id_ = audits.create(
        connection,
        tenant,
        model=snapshot.model,
        source=source,
        options=options,
        inputs=snapshot.parts,
        subjects=snapshot.subjects,
    )
    detail = {"audit": id_, "source": source, **detail}
    access_log.append(connection, tenant, actor, "audited", detail)
    return id_
