"""What the store costs: bulk import, single stores, an export, an erasure; prints a table.

python -m benchmarks.store                              SQLite in a temporary folder
python -m benchmarks.store --url postgresql://...       and an empty PostgreSQL, dropped afterwards
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydantic import SecretStr

from faceveil.settings import Settings, StoreSettings
from faceveil.store import features, subjects
from faceveil.store.database import Database, open_database
from faceveil.store.features import Made, NewFeature, Selection
from faceveil.store.scrubbing import settle
from faceveil.store.tables import metadata

MADE = Made("faceveil", "1.0.0", "balanced")
DIMENSION = 16
TENANT = "bench"


def _new(rows: int, people: int) -> list[NewFeature]:
    rng = np.random.default_rng(0)
    embedding = rng.standard_normal((rows, DIMENSION), dtype=np.float32)
    return [NewFeature(f"{row % people:032x}", embedding[row], "neutral") for row in range(rows)]


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(database: Database, rows: int, people: int, singles: int) -> dict[str, float]:
    """Seconds of each piece of work."""
    new = _new(rows, people)

    def bulk() -> None:
        with database.write() as connection:
            features.add(connection, TENANT, MADE, new)

    def one_by_one() -> None:
        for one in new[:singles]:
            with database.write() as connection:
                features.add(connection, TENANT, MADE, [one])

    def export() -> None:
        assert sum(map(len, features.pages(database, TENANT, Selection()))) == rows + singles

    def erase() -> None:
        with database.write() as connection:
            receipt = subjects.erase(connection, TENANT, new[0].subject)
        assert receipt.features >= rows // people
        settle(database)

    return {
        f"import {rows:,} features of {DIMENSION} values in one transaction": _timed(bulk),
        f"store {singles:,} features, a transaction each": _timed(one_by_one),
        "read all of them, as an export does": _timed(export),
        f"erase one of {people:,} people, until the bytes are gone": _timed(erase),
    }


def main() -> None:
    """Measures on SQLite, and on PostgreSQL where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an empty PostgreSQL database")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--singles", type=int, default=1000)
    chosen = parser.parse_args()
    columns = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, url in (("SQLite", None), ("PostgreSQL", chosen.url)):
            if name == "PostgreSQL" and url is None:
                continue
            store = StoreSettings(url=None if url is None else SecretStr(url))
            database = open_database(Settings(state_directory=Path(folder), store=store))
            columns[name] = measure(database, chosen.rows, chosen.people, chosen.singles)
            if url is not None:
                with database.write() as connection:
                    metadata.drop_all(connection)
                    connection.exec_driver_sql("DROP TABLE alembic_version")
                    connection.exec_driver_sql("DROP FUNCTION access_log_append_only")
            database.close()
    print(f"| seconds | {' | '.join(columns)} |\n| --- |{' --- |' * len(columns)}")
    for work in next(iter(columns.values())):
        print(f"| {work} | {' | '.join(f'{column[work]:.2f}' for column in columns.values())} |")


if __name__ == "__main__":
    main()
