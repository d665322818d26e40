"""Whether the store can be read and written to, cheap enough to look at often."""

import os
from enum import StrEnum

from sqlalchemy import text

from faceveil.problems import StoreBusy
from faceveil.store.database import Database

ROOM = 16 * 2**20
"""Free bytes below which SQLite's disk counts as full: a write-ahead log may need them at once."""


class Trouble(StrEnum):
    """What keeps the store from being used."""

    away = "store-away"
    full = "store-full"
    read_only = "store-read-only"


def trouble_of(database: Database) -> Trouble | None:
    """What is wrong with it, if anything. Blocks. Nothing is written."""
    try:
        with database.read() as connection:
            if database.sqlite is None:
                only = connection.scalar(text("SHOW transaction_read_only"))
                return Trouble.read_only if only == "on" else None
            connection.execute(text("SELECT 1 FROM alembic_version"))
    except StoreBusy:
        return Trouble.away
    folder = database.sqlite.absolute().parent
    if not (os.access(folder, os.W_OK) and os.access(database.sqlite, os.W_OK)):
        return Trouble.read_only
    free = os.statvfs(folder)
    return Trouble.full if free.f_bavail * free.f_frsize < ROOM else None
