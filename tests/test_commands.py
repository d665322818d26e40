"""Keys, the access log and the subject key on the command line."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service import cli
from service.store import access_log
from service.store.database import open_database
from service.store.pseudonyms import load_pseudonyms
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
    made = _run("keys", "create", "app", "--scope", "anonymize", "--scope", "features:read")
    assert made.exit_code == 0
    assert made.stdout.startswith("fv_")
    assert made.stdout.count("\n") == 1
    assert "cannot be shown again" in made.stderr


def test_keys_are_listed_without_their_secrets_and_revoked() -> None:
    options = ["--tenant", "clinic", "--level", "strict", "--per-minute", "60", "--days", "1"]
    whole = _run("keys", "create", "app", "--scope", "audit", *options).stdout.strip()
    _, id_, secret = whole.split("_", 2)
    listed = _run("keys", "list").stdout
    for told in (id_, "clinic", "audit", "strict", "60", "counts until"):
        assert told in listed
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
    made = _run("keys", "create", "app", "--scope", "anonymize", "--level", "veiled")
    assert made.exit_code == 0
    assert "not checked" in made.stderr
    assert made.stdout.startswith("fv_")
    assert "no model has it" not in _run("keys", "list").stdout


def test_a_key_that_is_generated_touches_no_store(state: Path) -> None:
    made = [_run("keys", "generate").stdout for _ in range(2)]
    assert all(re.fullmatch(r"fv_[0-9a-f]{12}_[\w-]{43}\n", one) for one in made)
    assert made[0] != made[1]
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


def test_rotating_the_subject_key_tells_what_it_breaks_before_it_does(state: Path) -> None:
    settings = keeping_settings(state)
    before = load_pseudonyms(settings).of("default", "Erika")
    told = _run("subjects", "rotate-key")
    assert told.exit_code == 1
    assert "0 features of 0 people would no longer be found by name" in told.stdout
    assert load_pseudonyms(settings).of("default", "Erika") == before
    done = _run("subjects", "rotate-key", "--yes")
    assert done.exit_code == 0, done.output
    assert load_pseudonyms(settings).of("default", "Erika") != before
    database = open_database(settings)
    with database.read() as connection:
        (entry,) = access_log.entries(connection)
    database.close()
    assert entry.action == "rotated subject key"


def test_a_subject_key_in_the_settings_is_not_rotated_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEVEIL_STORE__SUBJECT_KEY", "s" * 32)
    refused = _run("subjects", "rotate-key", "--yes")
    assert refused.exit_code == 2
    assert "FACEVEIL_STORE__SUBJECT_KEY" in refused.stderr


def test_a_store_that_cannot_be_used_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACEVEIL_STORE__URL", "postgresql://user:secret@127.0.0.1:9/x")
    for command in (["keys", "list"], ["log", "verify"], ["worker"]):
        refused = _run(*command)
        assert refused.exit_code == 2
        assert "cannot be reached" in refused.stderr
        assert "secret" not in refused.output
