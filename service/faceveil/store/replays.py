"""Idempotency-Key: a write that is sent again answers as it did the first time.

The key is written in the transaction of the write itself, so that of two requests at once one
writes and the other finds it done. Ids are stored with it, for a day, and never an embedding. The
header is that of draft-ietf-httpapi-idempotency-key-header.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from faceveil.problems import KeyReused
from faceveil.store.database import Database
from faceveil.store.tables import now, replays

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request's Idempotency-Key, and a keyed hash of what it asks."""

    key: str
    fingerprint: str


def once(
    database: Database,
    tenant: str,
    idempotency: Idempotency | None,
    write: Callable[[Connection], dict[str, Any]],
) -> dict[str, Any]:
    """Writes in one transaction, or answers what an earlier request with this key was answered.

    Args:
        database: where.
        tenant: whose key it is.
        idempotency: None where the request carries no key.
        write: does it; its answer is JSON of ids and counts.

    Raises:
        KeyReused: if the key came with another request before.
    """
    if idempotency is None:
        with database.write() as connection:
            return write(connection)
    try:
        with database.write() as connection:
            known = earlier(connection, tenant, idempotency)
            if known is not None:
                return known
            answer = write(connection)
            expire(connection)
            row = {"tenant": tenant, "key": idempotency.key, "at": now()}
            row |= {"fingerprint": idempotency.fingerprint, "answer": answer}
            connection.execute(insert(replays), row)
            return answer
    except IntegrityError:
        # On PostgreSQL the other request of the same moment was first; it has committed by now.
        with database.read() as connection:
            known = earlier(connection, tenant, idempotency)
        if known is None:
            raise
        return known


def expire(connection: Connection) -> None:
    """Forgets what is older than a day."""
    connection.execute(delete(replays).where(replays.c.at < now() - KEPT))


def earlier(connection: Connection, tenant: str, idempotency: Idempotency) -> dict[str, Any] | None:
    """What the first request with this key was answered; None if this is the first.

    Raises:
        KeyReused: if the key came with another request before.
    """
    row = connection.execute(
        select(replays).where(
            replays.c.tenant == tenant,
            replays.c.key == idempotency.key,
            replays.c.at >= now() - KEPT,
        )
    ).first()
    if row is None:
        return None
    if row.fingerprint != idempotency.fingerprint:
        raise KeyReused(KeyReused.example)
    answer: dict[str, Any] = row.answer
    return answer
