"""API keys, the access log and the secret keys on the command line."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from faceveil import cli
from faceveil.settings import Settings
from faceveil.store import access_log
from faceveil.store.database import open_database
from faceveil.store.secret_keys import SecretKeyError, SecretKeys, open_keys
from tests.databases import keeping_settings
from tests.fakes import fake_card

pytestmark = pytest.mark.usefixtures("logging_put_back")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACEVEIL_STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments), terminal_width=200)


def test_a_key_is_printed_alone_so_that_a_script_can_take_it() -> None:
    created = _run("keys", "create", "app", "--scope", "anonymize", "--scope", "features:read")
    assert created.exit_code == 0
    assert created.stdout.startswith("fv_")
    assert created.stdout.count("\n") == 1
    assert "cannot be shown again" in created.stderr


def test_keys_are_listed_without_their_secrets_and_revoked() -> None:
    options = ["--tenant", "clinic", "--level", "strict", "--per-minute", "60", "--days", "1"]
    whole = _run("keys", "create", "app", "--scope", "audit", *options).stdout.strip()
    _, id_, secret = whole.split("_", 2)
    listed = _run("keys", "list").stdout
    for word in (id_, "clinic", "audit", "strict", "60", "counts until"):
        assert word in listed
    assert secret not in listed
    assert _run("keys", "revoke", id_).exit_code == 0
    assert "revoked" in _run("keys", "list").stdout
    again = _run("keys", "revoke", id_)
    assert again.exit_code == 2
    assert "keys list" in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["app"],
        ["app", "--scope", "everything"],
        ["app", "--scope", "audit", "--tenant", "a b"],
        ["app", "--scope", "audit", "--tenant", ""],
        ["", "--scope", "audit"],
        ["app", "--scope", "audit", "--days", "0"],
        ["app", "--scope", "audit", "--days", "nan"],
        ["app", "--scope", "audit", "--days", "inf"],
        ["app", "--scope", "audit", "--days", "1e9"],
        ["app", "--scope", "audit", "--per-minute", "0"],
        ["app", "--scope", "audit", "--per-minute", "9999999999"],
        ["app", "--scope", "audit", "--level", "sctrict"],
        ["app", "--scope", "audit", "--level", ""],
    ],
    ids=str,
)
def test_a_key_that_makes_no_sense_is_refused(arguments: list[str]) -> None:
    assert _run("keys", "create", *arguments).exit_code == 2
    assert "fv_" not in _run("keys", "list").stdout


def test_a_level_that_no_model_has_is_told_with_the_one_that_was_meant() -> None:
    refused = _run("keys", "create", "app", "--scope", "anonymize", "--level", "sctrict")
    assert "'sctrict'. Did you mean strict? There are: " in refused.stderr
    assert _run("keys", "create", "app", "--scope", "anonymize", "--level", "strict").exit_code == 0


def test_the_levels_of_every_installed_model_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, level in (("one", "open"), ("two", "veiled")):
        levels = {level: {"sigma": 1.0, "summary": "Noise."}}
        card = fake_card(name=name, levels=levels, default_level=level)
        folder = tmp_path / "models" / name / card.version
        folder.mkdir(parents=True)
        (folder / "card.json").write_text(card.model_dump_json(), encoding="utf-8")
    (tmp_path / "models" / "broken" / "1.0.0").mkdir(parents=True)
    (tmp_path / "models" / "broken" / "1.0.0" / "card.json").touch()
    monkeypatch.setenv("FACEVEIL_MODEL__DIRECTORY", str(tmp_path / "models"))
    for level in ("open", "veiled"):
        options = ["--scope", "anonymize", "--level", level]
        assert _run("keys", "create", level, *options).exit_code == 0
    assert "no model has it" not in _run("keys", "list").stdout
    (tmp_path / "models" / "two" / card.version / "card.json").unlink()
    (stale,) = (line for line in _run("keys", "list").stdout.splitlines() if "no model" in line)
    assert "veiled" in stale


def test_where_no_model_is_installed_a_level_is_taken_and_said_to_be_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEIL_MODEL__DIRECTORY", str(tmp_path / "nothing"))
    created = _run("keys", "create", "app", "--scope", "anonymize", "--level", "veiled")
    assert created.exit_code == 0
    assert "not checked" in created.stderr
    assert created.stdout.startswith("fv_")
    assert "no model has it" not in _run("keys", "list").stdout


def test_a_key_that_is_generated_touches_no_store(state: Path) -> None:
    generated = [_run("keys", "generate").stdout for _ in range(2)]
    assert all(re.fullmatch(r"fv_[0-9a-f]{12}_[\w-]{43}\n", one) for one in generated)
    assert generated[0] != generated[1]
    assert list(state.iterdir()) == []


def test_the_log_tells_who_made_and_revoked_keys_and_holds() -> None:
    id_ = _run("keys", "create", "app", "--scope", "audit").stdout.split("_")[1]
    _run("keys", "revoke", id_)
    entries = [json.loads(line) for line in _run("log", "show").stdout.splitlines()]
    assert [(one["action"], one["detail"]["key"]) for one in entries] == [
        ("created key", id_),
        ("revoked key", id_),
    ]
    assert _run("log", "show", "--tenant", "other").stdout == ""
    verified = _run("log", "verify")
    assert verified.exit_code == 0
    head = entries[-1]["chain"]
    assert verified.stdout == f"2 entries hold. Head: {head}\n"
    assert _run("log", "verify", "--head", entries[0]["chain"]).exit_code == 0
    unknown = _run("log", "verify", "--head", "f" * 64)
    assert unknown.exit_code == 1
    assert "rewritten or cut" in unknown.stderr


def test_a_log_that_was_tampered_with_fails(state: Path) -> None:
    _run("keys", "create", "app", "--scope", "audit")
    database = open_database(keeping_settings(state))
    with database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER access_log_no_UPDATE")
        connection.exec_driver_sql("UPDATE access_log SET actor = 'nobody'")
    database.close()
    verified = _run("log", "verify")
    assert verified.exit_code == 1
    assert "Entry 1" in verified.stderr


def _keys(settings: Settings) -> SecretKeys:
    """As a start has them."""
    with contextlib.closing(open_database(settings)) as database:
        return open_keys(database, settings)


@pytest.mark.parametrize("name", ["subject", "noise"])
def test_rotating_a_key_tells_what_it_breaks_before_it_does(state: Path, name: str) -> None:
    settings = keeping_settings(state)
    before = _keys(settings)
    answer = _run("keys", "rotate", name)
    assert answer.exit_code == 1
    assert {
        "subject": "0 features of 0 people would no longer be found by name",
        "noise": "would get new noise when they come again",
    }[name] in answer.stdout
    assert _keys(settings) == before
    done = _run("keys", "rotate", name, "--yes")
    assert done.exit_code == 0, done.output
    after = _keys(settings)
    changed = {one for one in ("subject", "noise") if getattr(before, one) != getattr(after, one)}
    assert changed == {name}
    with contextlib.closing(open_database(settings)) as database:
        (entry,) = access_log.entries(database)
    assert entry.action == f"rotated {name} key"


@pytest.mark.parametrize("name", ["subject", "noise"])
def test_a_lost_key_is_put_back_from_its_copy_and_no_other(state: Path, name: str) -> None:
    settings = keeping_settings(state)
    before = _keys(settings)
    file, copy = state / f"{name}.key", state / "a copy"
    file.rename(copy)
    other = state / "other"
    other.write_text("ab" * 32)
    refused = _run("keys", "restore", str(other))
    assert refused.exit_code == 2
    assert "neither of the store's keys" in refused.stderr
    assert not file.exists()
    done = _run("keys", "restore", str(copy))
    assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o077 == 0
    assert _keys(settings) == before


@pytest.mark.parametrize("content", ["words", None])
def test_a_copy_that_is_no_key_is_refused(state: Path, content: str | None) -> None:
    if content is not None:
        (state / "copy").write_text(content)
    refused = _run("keys", "restore", str(state / "copy"))
    assert refused.exit_code == 2
    assert str(state / "copy") in refused.stderr


def test_a_lost_key_can_be_given_up(state: Path) -> None:
    settings = keeping_settings(state)
    before = _keys(settings)
    (state / "subject.key").unlink()
    assert _run("keys", "rotate", "subject", "--yes").exit_code == 0
    assert _keys(settings).subject != before.subject


def test_a_key_in_the_settings_is_changed_there_before_it_is_rotated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACEVEIL_STORE__SUBJECT_KEY", "s" * 32)
    _keys(Settings())
    refused = _run("keys", "rotate", "subject", "--yes")
    assert refused.exit_code == 2
    assert "FACEVEIL_STORE__SUBJECT_KEY" in refused.stderr
    monkeypatch.setenv("FACEVEIL_STORE__SUBJECT_KEY", "t" * 32)
    with pytest.raises(SecretKeyError):
        _keys(Settings())
    assert _run("keys", "rotate", "subject", "--yes").exit_code == 0
    assert _keys(Settings()).subject == b"t" * 32


def test_a_reader_of_the_log_who_takes_their_time_keeps_no_erasure(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "ENTRIES_A_READ", 2)
    with contextlib.closing(open_database(keeping_settings(state))) as database:
        for number in range(5):
            with database.write() as connection:
                access_log.append(connection, "t", "cli", "created key", {"n": number})
        reading = access_log.entries(database)
        read = [next(reading).seq]
        assert database.scrub(["features"])
        assert [*read, *(entry.seq for entry in reading)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "command", ["keys list", "log show", "log verify", "worker", "keys rotate noise", "backup"]
)
def test_a_broken_database_is_told_by_every_command(state: Path, command: str) -> None:
    (state / "faceveil.db").write_text("this is no database, " * 400)
    files = [str(state / "b.zip")] if command == "backup" else []
    refused = _run(*command.split(), *files)
    assert refused.exit_code == 2
    assert "faceveil restore FILE" in refused.stderr
    assert str(state / "faceveil.db") in refused.stderr


def test_a_store_that_cannot_be_used_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACEVEIL_STORE__URL", "postgresql://user:secret@127.0.0.1:9/x")
    for command in (["keys", "list"], ["log", "verify"], ["worker"]):
        refused = _run(*command)
        assert refused.exit_code == 2
        assert "cannot be reached" in refused.stderr
        assert "secret" not in refused.output
