"""Who writes where only one may at a time: a lock that the end of the transaction lets go."""

import hashlib

from sqlalchemy import Connection, text


def hold(connection: Connection, name: str) -> None:
    """Waits until no other transaction holds this name, and holds it to the transaction's end.

    SQLite has one writer at a time anyway. Where a transaction holds several, a tenant's comes
    before the access log's: the other way round two could wait for each other.
    """
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def hold_tenant(connection: Connection, tenant: str) -> None:
    """Holds a tenant's data: what is erased and what an audit takes must not cross."""
    hold(connection, f"tenant {tenant}")
