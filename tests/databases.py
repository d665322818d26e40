"""Stores for tests: new and empty, on SQLite or on a PostgreSQL that somebody started.

The tests on PostgreSQL need one on this machine, named by the variable TEST_POSTGRES_URL, whose
user may create databases. Without it they are skipped; `.ci/run` starts one.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url

from faceveil.settings import AuditSettings, Settings, StoreSettings

VARIABLE = "TEST_POSTGRES_URL"
RETENTION_DAYS = 30.0


def keeping_settings(state: Path, url: str | None = None, **changes: Any) -> Settings:
    """Settings of a store that keeps what it is asked to, and starts no worker."""
    store = StoreSettings(
        retention_days=RETENTION_DAYS, url=None if url is None else SecretStr(url)
    )
    audit = AuditSettings(own_worker=False)
    members: dict[str, Any] = {"state_directory": state, "store": store, "audit": audit}
    return Settings(**members | changes)


@contextmanager
def postgres_database() -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database; skips the test where there is none."""
    given = os.environ.get(VARIABLE)
    if given is None:
        pytest.skip(f"needs a PostgreSQL on this machine: set {VARIABLE}")
    url = make_url(given).set(drivername="postgresql+psycopg")
    name = f"faceveil_test_{secrets.token_hex(6)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.set(drivername="postgresql", database=name).render_as_string(False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give a process the same store."""
    variables = {"FACEVEIL_STORE__RETENTION_DAYS": str(settings.store.retention_days)}
    if settings.store.url is not None:
        variables["FACEVEIL_STORE__URL"] = settings.store.url.get_secret_value()
    return variables


def bytes_of(settings: Settings) -> bytes:
    """All that the store has on the disk: SQLite's files with their logs, or PostgreSQL's table."""
    files = [path for path in settings.state_directory.rglob("*") if path.is_file()]
    if settings.store.url is not None:
        files += _postgres_files(settings.store.url.get_secret_value())
    return b"".join(path.read_bytes() for path in files)


def traces(settings: Settings, embedding: NDArray[np.float32], pseudonym: str) -> list[str]:
    """In which of the ways that we write them an embedding or a pseudonym is still on the disk."""
    files = bytes_of(settings)
    forms = {
        "float32": embedding.astype("<f4").tobytes(),
        "float64": embedding.astype("<f8").tobytes(),
        "ascii": pseudonym.encode(),
        "utf-32": pseudonym.encode("utf-32-le"),
    }
    return [form for form, data in forms.items() if data in files]


def _postgres_files(url: str) -> list[Path]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        base = connection.exec_driver_sql(
            "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database "
            "WHERE datname = current_database()"
        ).scalar_one()
    engine.dispose()
    return [path for path in Path(base).iterdir() if path.is_file()]
