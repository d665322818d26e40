"""What is deleted leaves the files; a reader who stays keeps it there, and keeps nobody else."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import select, text

from faceveil.problems import StoreBusy
from faceveil.settings import Settings
from faceveil.store import features, scrubbing, subjects, tables
from faceveil.store.database import Database
from faceveil.store.features import Made, NewFeature, Selection
from faceveil.store.scrubbing import Scrubber, owe, settle, try_to_settle
from tests.databases import traces

ANN = "a" * 32
PATIENCE_S = 20.0


def _add(database: Database, subject: str, number: float) -> None:
    new = NewFeature(subject, np.full(8, number, np.float32))
    with database.write() as connection:
        features.add(connection, "t", Made("m", "1.0.0", "l"), [new])


def _erase(database: Database, subject: str) -> None:
    with database.write() as connection:
        subjects.erase(connection, "t", subject)


@contextlib.contextmanager
def _reader(database: Database) -> Iterator[None]:
    """Somebody who sees the store as it is now for as long as they like, and holds its table."""
    with database.read(snapshot=True) as connection:
        connection.execute(text("SELECT count(*) FROM features")).all()
        yield


def _owed(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(tables.scrubs)).all())


@pytest.fixture
def scrubber(database: Database) -> Iterator[Scrubber]:
    scrubber = Scrubber(database)
    yield scrubber
    scrubber.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "ANSWERED_S", 0.3)
    monkeypatch.setattr("faceveil.store.database.OLDER_S", 0.2)


def test_a_debt_is_settled_once_by_whoever_comes_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrubbed: list[list[str]] = []

    def scrub(names: list[str]) -> bool:
        scrubbed.append(names)
        return True

    monkeypatch.setattr(database, "scrub", scrub)
    with database.write() as connection:
        owe(connection, tables.features, tables.audits)
        owe(connection, tables.features)
    for _ in range(2):
        settle(database)
    assert scrubbed == [["audits", "features"]]


def test_a_reader_who_stays_keeps_it_there_and_that_is_told(database: Database) -> None:
    _add(database, ANN, 1)
    with _reader(database):
        _erase(database, ANN)
        with pytest.raises(StoreBusy, match="not yet gone"):
            settle(database, patience_s=0.1)
        assert _owed(database) == 1
    settle(database)
    assert _owed(database) == 0


@pytest.mark.anyio
async def test_a_request_is_answered_while_a_reader_stays_and_the_bytes_go_when_it_ends(
    database: Database, kept: Settings, scrubber: Scrubber
) -> None:
    one = np.random.default_rng(0).normal(size=8).astype(np.float32)
    with database.write() as connection:
        features.add(connection, "t", Made("m", "1.0.0", "l"), [NewFeature(ANN, one)])
    with _reader(database):
        _erase(database, ANN)
        with pytest.raises(StoreBusy, match="It goes when they end"):
            await scrubber.gone()
    until = time.monotonic() + PATIENCE_S
    while _owed(database):  # nobody asks again
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    assert traces(kept, one, ANN) == []


@pytest.mark.anyio
async def test_writers_go_on_while_erasures_wait_for_a_reader(
    database: Database, scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        _add(database, f"{number:032x}", number)
    with _reader(database):
        for number in range(10):
            _erase(database, f"{number:032x}")
        answers = await asyncio.gather(
            *(scrubber.gone() for _ in range(10)), return_exceptions=True
        )
        assert all(isinstance(answer, StoreBusy) for answer in answers)
        began = time.monotonic()
        for number in range(20):
            _add(database, ANN, number)
        assert time.monotonic() - began < PATIENCE_S / 2  # a wait for the reader has no end
        with database.read() as connection:
            assert features.count(connection, "t", Selection()) == 20
    monkeypatch.setattr(scrubbing, "ANSWERED_S", PATIENCE_S)
    await scrubber.gone()
    assert _owed(database) == 0


@pytest.mark.anyio
async def test_a_store_that_fails_is_tried_again(
    database: Database, scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = [StoreBusy(StoreBusy.example), RuntimeError("ours")]

    def scrub(names: list[str]) -> bool:
        if problems:
            raise problems.pop()
        return True

    monkeypatch.setattr(database, "scrub", scrub)
    monkeypatch.setattr(scrubbing, "ANSWERED_S", PATIENCE_S)
    _erase(database, ANN)
    await scrubber.gone()
    assert not problems


@pytest.mark.anyio
async def test_it_closes_while_somebody_waits(database: Database) -> None:
    scrubber = Scrubber(database)
    with _reader(database):
        _erase(database, ANN)
        with pytest.raises(StoreBusy):
            await scrubber.gone()
        await asyncio.to_thread(scrubber.close)
    assert try_to_settle(database)
