"""API keys: shown once, stored as hashes, each with a tenant, scopes, and perhaps limits."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, insert, select, update

from faceveil.store.tables import keys, now

PREFIX = "fv"
DEFAULT_TENANT = "default"

_WHOLE = re.compile(rf"{PREFIX}_[A-Za-z0-9]{{1,16}}_[A-Za-z0-9_-]{{32,128}}")
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


class Scope(StrEnum):
    """What a key may do; `admin` may do all of it, within its tenant."""

    anonymize = "anonymize"
    read = "features:read"
    write = "features:write"
    audit = "audit"
    log = "log"
    metrics = "metrics"
    admin = "admin"


@dataclass(frozen=True, slots=True)
class Key:
    """A stored key, without its secret.

    Attributes:
        id: first part of the key, which is no secret.
        tenant: whose data it reaches.
        name: for people.
        scopes: what it may do.
        level: the loosest privacy level that it may ask for; None for the server's own.
        per_minute: embeddings that it may get; None for no limit.
        created: when.
        expires: from when on it does not count.
        revoked: since when it does not count.
    """

    id: str
    tenant: str
    name: str
    scopes: frozenset[Scope]
    level: str | None
    per_minute: int | None
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    def counts(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked is None and (self.expires is None or at < self.expires)


def create(
    connection: Connection,
    *,
    name: str,
    scopes: frozenset[Scope],
    tenant: str = DEFAULT_TENANT,
    level: str | None = None,
    per_minute: int | None = None,
    expires: datetime | None = None,
) -> tuple[Key, str]:
    """Makes a key; returns it and the whole of it, secret included, which is stored nowhere."""
    whole = generate()
    _, id_, secret = whole.split("_", 2)
    key = Key(id_, tenant, name, scopes, level, per_minute, now(), expires, None)
    _insert(connection, key, secret)
    return key, whole


def generate() -> str:
    """A new whole key, which does not count before somebody takes it into a store."""
    return f"{PREFIX}_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def take(connection: Connection, whole: str, *, name: str, scopes: frozenset[Scope]) -> Key:
    """Stores a key that `generate` made elsewhere.

    Raises:
        ValueError: if it is no key, or its secret is shorter than 32 characters.
    """
    if not _WHOLE.fullmatch(whole):
        raise ValueError("this is no key as `faceveil keys generate` prints one")
    _, id_, secret = whole.split("_", 2)
    key = Key(id_, DEFAULT_TENANT, name, scopes, None, None, now(), None, None)
    _insert(connection, key, secret)
    return key


def check(connection: Connection, given: str, at: datetime | None = None) -> Key | None:
    """The key that was given, if there is one, its secret is right and it still counts."""
    return check_all(connection, [given], at)[0]


def check_all(
    connection: Connection, given: Sequence[str], at: datetime | None = None
) -> list[Key | None]:
    """What `check` tells of each, in one query.

    The secrets have 256 random bits, so that a plain hash is as hard to invert as a slow one. They
    are compared in constant time, and somebody is compared with also where nobody has the id.
    """
    split = [_split(one) for one in given]
    ids = {id_ for id_, _ in split}
    found = connection.execute(select(keys).where(keys.c.id.in_(ids))).mappings()
    rows = {row["id"]: row for row in found}
    when = at or now()
    checked: list[Key | None] = []
    for id_, secret in split:
        row = rows.get(id_)
        right = hmac.compare_digest(_digest(secret), _NOBODY if row is None else row["digest"])
        key = _key(row) if row is not None and right else None
        checked.append(key if key is not None and key.counts(when) else None)
    return checked


def of_ids(
    connection: Connection, ids: Sequence[str], at: datetime | None = None
) -> dict[str, Key]:
    """By id, those of these keys that still count; no secret is asked for."""
    if not ids:
        return {}
    when = at or now()
    found = connection.execute(select(keys).where(keys.c.id.in_(ids))).mappings()
    return {key.id: key for key in map(_key, found) if key.counts(when)}


def may_be(given: str) -> bool:
    """Whether it looks like a key at all; what does not needs no query."""
    return _WHOLE.fullmatch(given) is not None


def _split(given: str) -> tuple[str, str]:
    parts = given.split("_", 2)
    id_, secret = (parts[1], parts[2]) if len(parts) == 3 and parts[0] == PREFIX else ("", "")
    return id_[:16], secret


def listed(connection: Connection) -> list[Key]:
    """All keys, oldest first, those that no longer count too."""
    return [
        _key(row) for row in connection.execute(select(keys).order_by(keys.c.created)).mappings()
    ]


def revoke(connection: Connection, id_: str) -> Key | None:
    """Revokes a key; returns it, or None where no such key counts."""
    revoked = connection.execute(
        update(keys)
        .where(keys.c.id == id_, keys.c.revoked.is_(None))
        .values(revoked=now())
        .returning(keys)
    )
    row = revoked.mappings().first()
    return None if row is None else _key(row)


def exist(connection: Connection) -> bool:
    """Whether a key was ever made: revoking the last one does not open the doors."""
    return connection.scalar(select(keys.c.id).limit(1)) is not None


def _insert(connection: Connection, key: Key, secret: str) -> None:
    row = {name: getattr(key, name) for name in Key.__slots__}
    row |= {"scopes": sorted(key.scopes), "digest": _digest(secret)}
    connection.execute(insert(keys), row)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: RowMapping) -> Key:
    members = {name: row[name] for name in Key.__slots__}
    return Key(**members | {"scopes": frozenset(map(Scope, row["scopes"]))})
