"""An erasure takes all of a person, and two at once take both."""

import os
import threading
from pathlib import Path

import numpy as np
import psycopg
import pytest

from faceveil.problems import StoreBusy
from faceveil.settings import Settings
from faceveil.store import audits, features, subjects
from faceveil.store.database import Database, open_database
from faceveil.store.features import Made, NewFeature, Selection
from faceveil.store.scrubbing import settle
from tests.databases import VARIABLE, keeping_settings, postgres_database, traces

ANN, BOB, CY = "a" * 32, "b" * 32, "c" * 32


def _finished(database: Database) -> str:
    """An audit of three people, with all their pseudonyms in its result and its report."""
    text = f'["{ANN}", "{BOB}", "{CY}"]'
    with database.write() as connection:
        id_ = audits.create(
            connection,
            "t",
            model="m 1.0.0",
            source="store",
            options={},
            inputs={"features": b"x"},
            subjects=[ANN, BOB, CY],
        )
        report = f"<text>{ANN[:8]}</text><text>{BOB[:8]}</text><b>0.{CY[:8]}1</b>"
        assert audits.finish(connection, id_, text, report)
    return id_


def test_an_erasure_leaves_the_others_and_a_receipt(database: Database) -> None:
    new = [NewFeature(who, np.zeros(4, np.float32)) for who in (ANN, ANN, BOB)]
    with database.write() as connection:
        ids, _ = features.add(connection, "t", Made("m", "1.0.0", "l"), new)
        receipt = subjects.erase(connection, "t", ANN)
        assert (receipt.features, receipt.audits) == (2, 0)
        assert subjects.find_receipt(connection, "t", receipt.id) == receipt
        assert subjects.find_receipt(connection, "other", receipt.id) is None
        assert features.ids(connection, "t", Selection()) == {ids[2]}
        again = subjects.erase(connection, "t", ANN)
    assert again.features == 0
    assert again.digest != receipt.digest


def test_statistics_of_the_database_keep_nobody(database: Database, kept: Settings) -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=8).astype(np.float32)
    new = [NewFeature(ANN, one)] * 40 + [
        NewFeature(f"{number:032x}", rng.normal(size=8).astype(np.float32)) for number in range(40)
    ]
    with database.write() as connection:
        features.add(connection, "t", Made("m", "1.0.0", "l"), new)
    _finished(database)
    with database.outside_transactions() as connection:
        connection.exec_driver_sql("ANALYZE")
    assert traces(kept, one, ANN) == ["float32", "ascii"]
    with database.write() as connection:
        subjects.erase(connection, "t", ANN)
    settle(database)
    assert traces(kept, one, ANN) == []


def test_a_transaction_in_another_database_of_the_server_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The horizon of what VACUUM takes away is the oldest that writes anywhere.
    with postgres_database() as url:
        _erased_beside_another_database(keeping_settings(tmp_path, url), monkeypatch)


def _erased_beside_another_database(postgresql: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    one = np.random.default_rng(0).normal(size=8).astype(np.float32)
    opened = open_database(postgresql)
    monkeypatch.setattr("faceveil.store.database.OLDER_S", 0.05)
    with psycopg.connect(os.environ[VARIABLE]) as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        with opened.write() as connection:
            new = NewFeature(ANN, one)
            features.add(connection, "t", Made("m", "1.0.0", "l"), [new])
        with opened.write() as connection:
            subjects.erase(connection, "t", ANN)
        with pytest.raises(StoreBusy):
            settle(opened, patience_s=0.1)
        elsewhere.rollback()
        settle(opened)
    opened.close()
    assert traces(postgresql, one, ANN) == []


def test_a_finished_audit_no_longer_names_who_was_erased(database: Database) -> None:
    id_ = _finished(database)
    with database.write() as connection:
        assert subjects.erase(connection, "t", ANN).audits == 1
        assert subjects.erase(connection, "t", ANN).audits == 0
        result, report = audits.result(connection, id_), audits.report(connection, id_)
        audit = audits.find(connection, "t", id_)
    assert result == f'["erased", "{BOB}", "{CY}"]'
    assert report is not None
    assert report.startswith(f"<text>erased</text><text>{BOB[:8]}</text>")
    assert audit is not None
    assert audit.erased == 1


def test_erasures_at_once_each_take_their_person_out(database: Database) -> None:
    id_ = _finished(database)
    start = threading.Barrier(3)

    def erase(subject: str) -> None:
        start.wait()
        with database.write() as connection:
            subjects.erase(connection, "t", subject)

    threads = [threading.Thread(target=erase, args=(who,)) for who in (ANN, BOB, CY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert audits.result(connection, id_) == '["erased", "erased", "erased"]'
        audit = audits.find(connection, "t", id_)
    assert audit is not None
    assert audit.erased == 3


def test_an_unended_audit_loses_what_it_works_on(database: Database) -> None:
    with database.write() as connection:
        id_ = audits.create(
            connection,
            "t",
            model=None,
            source="upload",
            options={},
            inputs={"features": b"x"},
            subjects=[ANN, BOB],
        )
        subjects.erase(connection, "t", BOB)
        audit = audits.find(connection, "t", id_)
        assert audits.inputs(connection, id_) == {}
    assert audit is not None
    assert (audit.state, audit.erased) == ("failed", 1)
    assert audit.failure is not None
    assert "erased" in audit.failure
