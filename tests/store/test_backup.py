"""A backup comes back whole on either database, and brings nobody back who was erased since."""

import contextlib
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, select, update
from typer.testing import CliRunner, Result

from faceveil import cli
from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.settings import Settings
from faceveil.store import access_log, audits, features, subjects, tables
from faceveil.store.archive import Reader
from faceveil.store.backup import TABLES, write_backup
from faceveil.store.database import Database, open_database
from faceveil.store.features import Made, NewFeature, Selection
from faceveil.store.pseudonyms import Pseudonyms
from faceveil.store.scrubbing import settle
from faceveil.store.secret_keys import open_keys
from tests.databases import RETENTION_DAYS, environment, keeping_settings, postgres_database, traces

pytestmark = pytest.mark.usefixtures("logging_put_back")

TENANT = "clinic"
PEOPLE = {"Ann": 3, "Bob": 2, "Cy": 1}


@dataclass(frozen=True, slots=True)
class Stored:
    """A store on the command line.

    Attributes:
        settings: its own.
        folder: where its backups lie.
    """

    settings: Settings
    folder: Path

    @property
    def file(self) -> Path:
        """A backup."""
        return self.folder / "backup.zip"

    def run(self, *arguments: str) -> Result:
        """A command with this store."""
        variables = environment(self.settings)
        variables["FACEVEIL_STATE_DIRECTORY"] = str(self.settings.state_directory)
        return CliRunner().invoke(cli.app, list(arguments), env=variables, terminal_width=200)

    def backed_up(self, *options: str) -> str:
        """Makes a backup; returns what it said."""
        done = self.run("backup", str(self.file), *options)
        assert done.exit_code == 0, done.output
        return done.stdout

    def restored(self, *options: str) -> str:
        """Restores it; returns what was said."""
        done = self.run("restore", str(self.file), *options)
        assert done.exit_code == 0, done.output
        return done.stdout

    @contextlib.contextmanager
    def opened(self) -> Iterator[Database]:
        """Its database."""
        with contextlib.closing(open_database(self.settings)) as database:
            yield database

    def rows(self) -> dict[str, list[Any]]:
        """All that it keeps, by table."""
        with self.opened() as database, database.read() as connection:
            return {
                table.name: sorted(connection.execute(select(table)).all(), key=repr)
                for table in TABLES
            }

    def pseudonym(self, name: str) -> str:
        """Of a person."""
        with self.opened() as database:
            return Pseudonyms(open_keys(database, self.settings).subject).of(TENANT, name)

    def count(self, name: str) -> int:
        """Features of a person, found by name."""
        with self.opened() as database, database.read() as connection:
            selection = Selection(subjects=(self.pseudonym(name),))
            return features.count(connection, TENANT, selection)

    def erase(self, name: str) -> None:
        """Erases a person by name."""
        with self.opened() as database:
            with database.write() as connection:
                subjects.erase(connection, TENANT, self.pseudonym(name))
            settle(database)


def _embedding(name: str) -> Any:
    seed = int.from_bytes(name.encode())
    return np.random.default_rng(seed).normal(size=8).astype(np.float32)


def _fill(stored: Stored) -> None:
    with stored.opened() as database:
        pseudonyms = Pseudonyms(open_keys(database, stored.settings).subject)
        who = {name: pseudonyms.of(TENANT, name) for name in PEOPLE}
        new = [
            NewFeature(who[name], _embedding(name), "fear", None if name == "Ann" else "s1")
            for name, count in PEOPLE.items()
            for _ in range(count)
        ]
        with database.write() as connection:
            features.add(connection, TENANT, Made("m", "1.0.0", "l"), new)
            keys.create(connection, name="app", scopes=frozenset({Scope.read}), tenant=TENANT)
            access_log.append(connection, TENANT, "cli", "created key", {"of": "\u00e4"})
            for ended in (True, False):
                id_ = audits.create(
                    connection,
                    TENANT,
                    model="m 1.0.0",
                    source="store",
                    options={"seed": 1},
                    inputs={"features": b"x"},
                    subjects=who.values(),
                )
                if ended:
                    audits.finish(connection, id_, f'["{who["Ann"]}"]', who["Ann"][:8])
            subjects.erase(connection, TENANT, pseudonyms.of(TENANT, "Dee"))
        settle(database)


@pytest.fixture
def stored(kept: Settings, tmp_path: Path) -> Stored:
    filled = Stored(kept, tmp_path)
    _fill(filled)
    return filled


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, stored: Stored, tmp_path: Path) -> Iterator[Stored]:
    """A store of another machine, which may be on another kind of database."""
    state = tmp_path / "elsewhere"
    if request.param == "sqlite":
        yield replace(stored, settings=keeping_settings(state))
        return
    with postgres_database() as url:
        yield replace(stored, settings=keeping_settings(state, url))


def test_a_backup_comes_back_on_another_machine_and_its_people_can_be_erased_there(
    stored: Stored, empty: Stored
) -> None:
    stored.backed_up()
    assert stat.S_IMODE(stored.file.stat().st_mode) == 0o600
    output = empty.restored()
    assert "6 features and 2 audits" in output
    assert "erase anew" in output
    before, after = stored.rows(), empty.rows()
    for name in ("features", "erasures", "keys", "replays", "audit_subjects"):
        assert after[name] == before[name], name
    log = [entry.action for entry in after["access_log"]]
    assert log == ["created key", "backed up", "restored"]
    assert empty.run("log", "verify").exit_code == 0
    assert [row.state for row in after["audits"]].count("done") == 1
    assert empty.count("Ann") == 3
    empty.erase("Ann")
    assert empty.count("Ann") == 0
    assert traces(empty.settings, _embedding("Ann"), stored.pseudonym("Ann")) == []
    assert empty.count("Bob") == 2


def test_a_store_that_a_server_has_open_is_not_replaced(stored: Stored) -> None:
    stored.backed_up()
    before = stored.rows()
    with stored.opened():
        refused = stored.run("restore", str(stored.file), "--replace")
    assert refused.exit_code == 2
    assert "has the store open. Stop it first" in refused.stderr
    assert stored.rows() == before
    stored.restored("--replace")


def test_who_was_erased_since_the_backup_stays_erased(stored: Stored) -> None:
    ann = stored.pseudonym("Ann")
    stored.backed_up()
    stored.erase("Ann")
    output = stored.restored("--replace")
    assert "3 features of the backup were erased since" in output
    assert [stored.count(name) for name in PEOPLE] == [0, 2, 1]
    assert traces(stored.settings, _embedding("Ann"), ann) == []
    (finished,) = [row for row in stored.rows()["audits"] if row.state == "done"]
    assert finished.erased == 1
    assert ann[:8] not in finished.result + finished.report
    actions = [entry.action for entry in stored.rows()["access_log"]]
    assert actions[-1] == "restored"
    assert stored.run("log", "verify").exit_code == 0


def test_who_was_erased_since_stays_so_where_the_clock_was_set_back(stored: Stored) -> None:
    with stored.opened() as database, database.write() as connection:
        connection.execute(update(tables.features).values(stored=tables.now() + timedelta(hours=1)))
    stored.backed_up()
    stored.erase("Ann")
    stored.restored("--replace")
    assert [stored.count(name) for name in PEOPLE] == [0, 2, 1]


def test_who_came_back_after_an_erasure_is_restored(stored: Stored) -> None:
    stored.erase("Ann")
    _store_again(stored, "Ann")
    stored.backed_up()
    stored.restored("--replace")
    assert stored.count("Ann") == 1


def _store_again(stored: Stored, name: str) -> None:
    who = stored.pseudonym(name)
    with stored.opened() as database, database.write() as connection:
        new = NewFeature(who, _embedding(name))
        features.add(connection, TENANT, Made("m", "1.0.0", "l"), [new])


def test_what_was_stored_since_is_gone_and_what_was_deleted_or_revoked_since_stays_so(
    stored: Stored,
) -> None:
    stored.backed_up()
    _store_again(stored, "Eve")
    with stored.opened() as database, database.write() as connection:
        one = features.page(
            connection, TENANT, Selection(subjects=(stored.pseudonym("Bob"),)), "", 1
        )[0]
        features.remove_one(connection, TENANT, one.id)
        access_log.append(connection, TENANT, "cli", "deleted", {"feature": one.id})
        (key,) = keys.listed(connection)
        keys.revoke(connection, key.id)
        keys.create(connection, name="new", scopes=frozenset({Scope.read}))
    stored.restored("--replace")
    assert stored.count("Eve") == 0
    assert stored.count("Bob") == 1
    with stored.opened() as database, database.read() as connection:
        listed = {one.name: one.revoked for one in keys.listed(connection)}
    assert listed["app"] is not None
    assert listed["new"] is None


def test_what_is_past_its_retention_does_not_come_back(stored: Stored) -> None:
    with stored.opened() as database, database.write() as connection:
        where = tables.features.c.subject == stored.pseudonym("Cy")
        long_ago = tables.now() - timedelta(days=RETENTION_DAYS + 1)
        connection.execute(update(tables.features).where(where).values(stored=long_ago))
    stored.backed_up()
    stored.restored("--replace")
    assert [stored.count(name) for name in PEOPLE] == [3, 2, 0]


def test_an_audit_that_was_under_way_is_to_be_started_anew(stored: Stored) -> None:
    stored.backed_up()
    stored.restored("--replace")
    with stored.opened() as database, database.read() as connection:
        assert audits.unended(connection) == []
        assert connection.execute(select(tables.audit_inputs)).all() == []


def test_erasures_that_do_not_tell_of_whom_need_a_yes(stored: Stored) -> None:
    stored.backed_up()
    stored.erase("Ann")
    with stored.opened() as database, database.write() as connection:
        connection.execute(update(tables.erasures).values(trace=None))  # as an earlier release's
    refused = stored.run("restore", str(stored.file), "--replace")
    assert refused.exit_code == 2
    assert "1 erasures since the backup do not tell of whom" in refused.stderr
    assert stored.count("Ann") == 0
    stored.restored("--replace", "--yes")
    assert stored.count("Ann") == 3


def test_a_store_that_is_not_empty_is_left_as_it_is(stored: Stored) -> None:
    stored.backed_up()
    before = stored.rows()
    refused = stored.run("restore", str(stored.file))
    assert refused.exit_code == 2
    assert "6 in features" in refused.stderr
    assert "--replace" in refused.stderr
    assert stored.rows() == before


def test_another_store_is_never_replaced(stored: Stored, tmp_path: Path) -> None:
    other = Stored(keeping_settings(tmp_path / "other"), tmp_path)
    stored.backed_up()
    with other.opened() as database, database.write() as connection:
        access_log.append(connection, "default", "cli", "created key", {})
    before = other.rows()
    refused = other.run("restore", str(stored.file), "--replace")
    assert refused.exit_code == 2
    assert "of another store" in refused.stderr
    assert other.rows() == before


def test_a_backup_without_keys_needs_them_put_back(stored: Stored, tmp_path: Path) -> None:
    assert "no secret keys" in stored.backed_up("--without-keys")
    with zipfile.ZipFile(stored.file) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".key")]
    other = Stored(keeping_settings(tmp_path / "other"), tmp_path)
    assert "faceveil keys restore" in other.restored()
    for name in ("subject", "noise"):
        copy = stored.settings.state_directory / f"{name}.key"
        assert other.run("keys", "restore", str(copy)).exit_code == 0
    assert other.count("Ann") == 3


def test_another_key_in_the_folder_is_not_replaced(stored: Stored, tmp_path: Path) -> None:
    stored.backed_up()
    other = Stored(keeping_settings(tmp_path / "other"), tmp_path)
    other.settings.state_directory.mkdir()
    (other.settings.state_directory / "subject.key").write_text("ab" * 32)
    refused = other.run("restore", str(stored.file))
    assert refused.exit_code == 2
    assert "holds another subject key" in refused.stderr
    assert other.rows()["features"] == []


def test_a_backup_is_not_made_under_a_key_that_is_not_the_stores(stored: Stored) -> None:
    (stored.settings.state_directory / "subject.key").unlink()
    refused = stored.run("backup", str(stored.file))
    assert refused.exit_code == 2
    assert "subject key is gone" in refused.stderr
    assert not stored.file.exists()


def test_a_backup_is_not_made_of_a_log_that_no_restore_would_take(stored: Stored) -> None:
    with stored.opened() as database, database.write() as connection:
        forged = {"seq": 99, "at": tables.now(), "tenant": TENANT, "actor": "cli"}
        forged |= {"action": "erased", "detail": {}, "chain": "0" * 64}
        connection.execute(insert(tables.access_log), forged)
    refused = stored.run("backup", str(stored.file))
    assert refused.exit_code == 2
    assert "does not hold from entry 2 on" in refused.stderr
    assert not stored.file.exists()


def test_a_file_that_is_there_is_not_replaced(stored: Stored) -> None:
    stored.file.write_text("an earlier one")
    refused = stored.run("backup", str(stored.file))
    assert refused.exit_code == 2
    assert stored.file.read_text() == "an earlier one"
    nowhere = stored.run("backup", str(stored.folder / "absent" / "b.zip"))
    assert nowhere.exit_code == 2
    assert "no folder" in nowhere.stderr


@pytest.mark.parametrize("damage", ["cut", "turned", "swapped", "words", "empty", "absent"])
def test_a_damaged_backup_is_refused_and_nothing_changes(
    stored: Stored, damage: str, tmp_path: Path
) -> None:
    stored.backed_up()
    _damage(stored.file, damage)
    other = Stored(keeping_settings(tmp_path / "other"), tmp_path)
    refused = other.run("restore", str(stored.file))
    assert refused.exit_code == 2
    assert refused.stderr.strip().endswith(".")
    assert "Traceback" not in refused.output
    assert not (other.settings.state_directory / "subject.key").exists()
    assert other.rows()["features"] == []


def _damage(file: Path, how: str) -> None:
    data = file.read_bytes()
    if how == "cut":
        file.write_bytes(data[:-200])
    elif how == "turned":
        at = data.index(b"features.jsonl") + 60
        file.write_bytes(
            data[:at] + bytes(byte ^ 0xFF for byte in data[at : at + 8]) + data[at + 8 :]
        )
    elif how == "swapped":  # whole as a zip, and not what was written
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["features.jsonl"] = members["features.jsonl"].splitlines(keepends=True)[0]
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    elif how == "absent":
        file.unlink()
    else:
        file.write_bytes(b"" if how == "empty" else b"words " * 99)


def test_the_digest_that_was_noted_is_asked_for(stored: Stored) -> None:
    digest = stored.backed_up().split("Digest: ")[1].split()[0]
    assert len(digest) == 64
    refused = stored.run("restore", str(stored.file), "--replace", "--digest", "0" * 64)
    assert refused.exit_code == 2
    assert digest in refused.stderr
    stored.restored("--replace", "--digest", digest)


def test_a_newer_backup_is_refused(stored: Stored) -> None:
    stored.backed_up()
    with zipfile.ZipFile(stored.file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = members["manifest.json"].replace(b'"migration": "00', b'"migration": "99')
    with zipfile.ZipFile(stored.file, "w") as archive:
        for name, content in (members | {"manifest.json": manifest}).items():
            archive.writestr(name, content)
    refused = stored.run("restore", str(stored.file), "--replace")
    assert refused.exit_code == 2
    assert "of a newer FaceVeil" in refused.stderr


def test_a_backup_is_of_one_moment(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(done: int, of: int) -> None:
        with stored.opened() as database, database.write() as connection:
            new = NewFeature("ab" * 16, _embedding("late"))
            features.add(connection, TENANT, Made("m", "1.0.0", "l"), [new] * 2)

    monkeypatch.setattr("faceveil.store.backup.ROWS_A_READ", 1)
    with stored.opened() as database:
        before = _counted(database)
        write_backup(database, stored.file, {}, interrupt)
    with contextlib.closing(Reader(stored.file)) as archive:
        assert archive.manifest.rows(tables.features) == before
        assert len(list(archive.rows(tables.features))) == before


def _counted(database: Database) -> int:
    with database.read() as connection:
        return features.count(connection, TENANT, Selection())
