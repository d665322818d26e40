"""Stored features: an embedding, its emotion, and whose it is by pseudonym."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select

from faceveil.store.database import Database
from faceveil.store.ids import new_ids
from faceveil.store.tables import features, now

ROWS_A_READ = 2000
"""Rows read in one transaction of an export, so that no reader holds up an erasure for long."""


@dataclass(frozen=True, slots=True)
class Made:
    """What made an embedding: embeddings of two models, or of two versions, do not compare."""

    model: str
    version: str
    level: str


@dataclass(frozen=True, slots=True)
class NewFeature:
    """A feature that is to be stored.

    Attributes:
        subject: pseudonym.
        embedding: float32, (D,).
        emotion: label, or None where unknown.
        session: label of what was taken in one go, or None.
        captured: when the picture was taken; None means now.
    """

    subject: str
    embedding: NDArray[np.float32]
    emotion: str | None = None
    session: str | None = None
    captured: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """A stored feature; members as in `NewFeature`, with its id and when it was stored."""

    id: str
    subject: str
    session: str | None
    captured: datetime
    stored: datetime
    made: Made
    emotion: str | None
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which features of a tenant; a member that is None selects nothing away.

    Attributes:
        model: name.
        version: of the model.
        level: privacy level.
        subjects: pseudonyms.
        session: label.
        emotion: label.
        since: captured then or later.
        until: captured before then.
    """

    model: str | None = None
    version: str | None = None
    level: str | None = None
    subjects: tuple[str, ...] | None = None
    session: str | None = None
    emotion: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self, tenant: str) -> list[ColumnElement[bool]]:
        """The conditions that say this in SQL."""
        table = features.c
        found = [table.tenant == tenant]
        found += [
            table[name] == value
            for name in ("model", "version", "level", "session", "emotion")
            if (value := getattr(self, name)) is not None
        ]
        if self.subjects is not None:
            found.append(table.subject.in_(self.subjects))
        if self.since is not None:
            found.append(table.captured >= self.since)
        if self.until is not None:
            found.append(table.captured < self.until)
        return found


def add(
    connection: Connection, tenant: str, made: Made, new: Sequence[NewFeature]
) -> tuple[list[str], datetime]:
    """Stores features; returns their ids, in order, and when they were stored."""
    ids, moment = new_ids(len(new)), now()
    rows = [
        {
            "id": id_,
            "tenant": tenant,
            "subject": one.subject,
            "session": one.session,
            "captured": one.captured or moment,
            "stored": moment,
            "model": made.model,
            "version": made.version,
            "level": made.level,
            "emotion": one.emotion,
            "embedding": one.embedding.astype("<f4").tobytes(),
        }
        for id_, one in zip(ids, new, strict=True)
    ]
    connection.execute(insert(features), rows)
    return ids, moment


def page(
    connection: Connection, tenant: str, selection: Selection, after: str, limit: int
) -> list[Feature]:
    """At most `limit` features whose ids come after `after`, oldest first."""
    found = connection.execute(
        select(features)
        .where(*selection.conditions(tenant), features.c.id > after)
        .order_by(features.c.id)
        .limit(limit)
    )
    return [_feature(row) for row in found]


def pages(database: Database, tenant: str, selection: Selection) -> Iterator[list[Feature]]:
    """All features of a selection, a short transaction a part."""
    after = ""
    while True:
        with database.read() as connection:
            part = page(connection, tenant, selection, after, ROWS_A_READ)
        if not part:
            return
        yield part
        after = part[-1].id


def find(connection: Connection, tenant: str, id_: str) -> Feature | None:
    """One feature, if the tenant has it."""
    row = connection.execute(
        select(features).where(features.c.tenant == tenant, features.c.id == id_)
    ).first()
    return None if row is None else _feature(row)


def count(connection: Connection, tenant: str, selection: Selection) -> int:
    """How many features a selection has."""
    statement = select(func.count()).select_from(features).where(*selection.conditions(tenant))
    return connection.scalar(statement) or 0


def lengths(connection: Connection, tenant: str, selection: Selection) -> list[int]:
    """The different lengths, in bytes, that the embeddings of a selection have."""
    length = func.length(features.c.embedding)
    statement = select(length).where(*selection.conditions(tenant)).distinct()
    return list(connection.scalars(statement))


def ids(connection: Connection, tenant: str, selection: Selection) -> set[str]:
    """The ids of a selection."""
    statement = select(features.c.id).where(*selection.conditions(tenant))
    return set(connection.scalars(statement))


def remove(connection: Connection, tenant: str, selection: Selection) -> list[str]:
    """Deletes a selection; returns the ids. `scrubbing` has it leave the files."""
    return _removed(connection, *selection.conditions(tenant))


def remove_one(connection: Connection, tenant: str, id_: str) -> Feature | None:
    """Deletes one feature; returns it, or None where the tenant has none of this id."""
    found = find(connection, tenant, id_)
    if found is not None:
        _removed(connection, features.c.tenant == tenant, features.c.id == id_)
    return found


def remove_older(connection: Connection, days: float) -> dict[str, int]:
    """Deletes what was stored more than so many days ago; returns how much, by tenant."""
    before = now() - timedelta(days=days)
    gone = connection.execute(
        delete(features).where(features.c.stored < before).returning(features.c.tenant)
    )
    counts: dict[str, int] = {}
    for tenant in gone.scalars():
        counts[tenant] = counts.get(tenant, 0) + 1
    return counts


def models(connection: Connection) -> list[tuple[str, str, str]]:
    """Tenant, model and version of everything stored."""
    table = features.c
    found = connection.execute(select(table.tenant, table.model, table.version).distinct())
    return [(row.tenant, row.model, row.version) for row in found]


def _removed(connection: Connection, *conditions: ColumnElement[bool]) -> list[str]:
    gone = connection.execute(delete(features).where(*conditions).returning(features.c.id))
    return sorted(gone.scalars())


def _feature(row: Row[tuple[object, ...]]) -> Feature:
    return Feature(
        id=row.id,
        subject=row.subject,
        session=row.session,
        captured=row.captured,
        stored=row.stored,
        made=Made(row.model, row.version, row.level),
        emotion=row.emotion,
        embedding=np.frombuffer(row.embedding, "<f4"),
    )
