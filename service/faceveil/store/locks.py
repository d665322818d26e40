"""Locks for what one transaction at a time may write; they last until it ends."""

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
    """Locks a tenant's data, so that an erasure and an audit's snapshot do not cross."""
    hold(connection, f"tenant {tenant}")
