"""The database: made, upgraded with what is in it, and refused where it is newer than the code."""

import contextlib
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from faceveil.problems import StoreBusy
from faceveil.settings import Settings
from faceveil.store import access_log, database, features
from faceveil.store.database import CONNECTIONS, HEAD, Database, DatabaseError, open_database
from faceveil.store.store import open_store
from faceveil.store.tables import metadata
from tests.databases import keeping_settings, postgres_database

MADE = features.Made("faceveil", "1.0.0", "balanced")


def _url(settings: Settings) -> str:
    if settings.store.url is not None:
        return settings.store.url.get_secret_value()
    settings.state_directory.mkdir(exist_ok=True)
    return f"sqlite:///{settings.state_directory}/faceveil.db"


def test_the_head_is_the_newest_migration() -> None:
    folder = Path(database.__file__).parent / "migrations" / "versions"
    assert max(path.name for path in folder.glob("*.py")).startswith(HEAD)


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, metadata)
    # Comments are the code's; neither migrations nor SQLite have them.
    assert [one for one in differences if "comment" not in str(one[0])] == []


def test_a_line_to_postgresql_that_is_dead_is_given_up_within_a_minute() -> None:
    with postgres_database() as url:
        for given, interval in ((url, "5"), (f"{url}?keepalives_interval=7", "7")):
            database = Database(given)
            with database.read() as connection:
                line = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
            database.close()
            assert line["keepalives_idle"] == "10"
            assert line["keepalives_interval"] == interval
            assert line["tcp_user_timeout"] == "30000"


def test_an_earlier_database_is_upgraded_with_what_is_in_it(kept: Settings) -> None:
    earlier = Database(_url(kept))
    earlier.migrate("0001")
    with earlier.write() as connection:
        new = features.NewFeature("ab" * 16, np.arange(4, dtype=np.float32))
        (id_,), _ = features.add(connection, "default", MADE, [new])
        access_log.append(connection, "default", "cli", "created key", {"key": "x"})
    with earlier.read() as connection:
        assert not inspect(connection).has_table("audits")
    earlier.close()

    upgraded = open_database(kept)
    assert upgraded.version() == HEAD
    with upgraded.read() as connection:
        found = features.find(connection, "default", id_)
        assert found is not None
        assert found.embedding.tolist() == [0, 1, 2, 3]
        assert access_log.verify(access_log.streamed(connection)).entries == 1
        assert inspect(connection).has_table("audits")
    upgraded.close()


def test_a_newer_database_is_refused_with_a_sentence(kept: Settings) -> None:
    newer = open_database(kept)
    with newer.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer.close()
    with pytest.raises(DatabaseError, match=r"of a newer FaceVeil \(migration 9999"):
        open_database(kept)


def test_what_is_not_committed_is_not_there(database: Database) -> None:
    def fail_midway() -> None:
        with database.write() as connection:
            new = features.NewFeature("ab" * 16, np.zeros(4, np.float32))
            features.add(connection, "default", MADE, [new])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_midway()
    with database.read() as connection:
        assert features.count(connection, "default", features.Selection()) == 0


def test_a_url_that_is_none_is_refused_without_repeating_it(tmp_path: Path) -> None:
    for url in ("words and a secret", "mysql://user:secret@host/name"):
        with pytest.raises(DatabaseError) as refused:
            open_database(keeping_settings(tmp_path, url))
        assert "secret" not in str(refused.value)


def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://user:secret@127.0.0.1:9/name"
    with pytest.raises(DatabaseError, match="cannot be reached") as refused:
        open_database(keeping_settings(tmp_path, url))
    assert "secret" not in str(refused.value)


def test_an_error_of_the_database_does_not_quote_what_it_was_given(database: Database) -> None:
    statement = text("INSERT INTO no_such_table VALUES (:x)")
    with pytest.raises(DBAPIError, match="no_such_table") as failed, database.write() as connection:
        connection.execute(statement, {"x": "Erika"})
    assert "Erika" not in str(failed.value)


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    settings = keeping_settings(tmp_path / "state")
    open_database(settings).close()
    assert (tmp_path / "state" / "faceveil.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def _broken(state: Path, how: str) -> None:
    file = state / "faceveil.db"
    data = file.read_bytes()
    if how == "words":
        file.write_text("this is no database, " * 400)
    elif how == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif how == "zeros":
        file.write_bytes(data[:100] + bytes(len(data) - 100))
    elif how == "a page":
        file.write_bytes(data[:4096] + b"\x55" * 4096 + data[8192:])
    else:
        file.unlink()
        file.mkdir()


@pytest.mark.parametrize("how", ["words", "cut", "zeros", "a page", "a folder"])
def test_a_file_that_is_no_database_is_told_with_the_way_back(tmp_path: Path, how: str) -> None:
    settings = keeping_settings(tmp_path)
    open_store(settings).close()
    _broken(tmp_path, how)
    sentence = "cannot be opened" if how == "a folder" else "damaged.*faceveil restore FILE"
    with pytest.raises(DatabaseError, match=sentence) as refusal:
        open_store(settings)
    assert str(tmp_path / "faceveil.db") in str(refusal.value)


def test_a_file_that_another_process_has_locked_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = keeping_settings(tmp_path)
    open_store(settings).close()
    monkeypatch.setattr(database, "BUSY_MS", 50)
    with contextlib.closing(sqlite3.connect(tmp_path / "faceveil.db")) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM features")
        with pytest.raises(DatabaseError, match="another process has it locked"):
            open_store(settings)


def test_when_every_connection_is_taken_the_store_is_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)
    with contextlib.ExitStack() as taken:
        for _ in range(CONNECTIONS):
            taken.enter_context(database.read())
        with pytest.raises(StoreBusy):
            taken.enter_context(database.read())
        with pytest.raises(StoreBusy):
            taken.enter_context(database.outside_transactions())


def test_nobody_opens_a_file_that_is_being_restored(tmp_path: Path) -> None:
    settings = keeping_settings(tmp_path)
    with contextlib.closing(open_database(settings)) as restoring:
        restoring.must_be_alone()
        with pytest.raises(DatabaseError, match="restore is under way"):
            open_database(settings)
    open_database(settings).close()
