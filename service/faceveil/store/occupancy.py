"""Who has a store open, so that a restore can be sure of being the only one.

Whoever opens an SQLite file holds a shared lock on a file beside it; PostgreSQL lists its sessions.
"""

import fcntl
import os
import time
from pathlib import Path

from sqlalchemy import Connection, text

SESSION = "faceveil"
"""What our sessions on PostgreSQL are called."""

ENDING_S = 2.0
"""Seconds that PostgreSQL may take to end a session that was closed."""

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND application_name = current_setting('application_name')"
)


def enter(database: Path) -> int:
    """Counts as one of those who have an SQLite file open, until the descriptor is closed.

    Raises:
        BlockingIOError: if somebody has it alone.
    """
    lock = os.open(f"{database}.users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise
    return lock


def lock_alone(lock: int) -> bool:
    """Tries to be the only one who has a file locked, until the descriptor is closed."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alone(connection: Connection) -> bool:
    """Whether this is the only session of ours on a PostgreSQL database."""
    until = time.monotonic() + ENDING_S
    while connection.scalar(_OTHERS):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
