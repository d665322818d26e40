"""The command line, as a user types it."""

import asyncio
import json
import logging
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from faceveil import cli
from faceveil.engine.engine import Engine, load_engine
from faceveil.model.bundle import card_digest, find_bundle, list_bundles, read_card
from faceveil.model.card import Card
from faceveil.settings import Settings, load_settings, secret_variables, variables

MODELS = Settings().model.directory

pytestmark = pytest.mark.usefixtures("logging_put_back")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments), terminal_width=200)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models that a test may damage, with the shipped one in it."""
    folder = find_bundle(MODELS, "faceveil")
    shutil.copytree(folder, tmp_path / "faceveil" / folder.name)
    shutil.copytree(MODELS / "detector", tmp_path / "detector")
    monkeypatch.setenv("FACEVEIL_MODEL__DIRECTORY", str(tmp_path))
    detector = tmp_path / "detector" / "blazeface-short" / "model.onnx"
    monkeypatch.setenv("FACEVEIL_DETECTOR", str(detector))
    monkeypatch.setenv("FACEVEIL_STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "faceveil" / folder.name


@pytest.fixture
def card() -> Card:
    return read_card(find_bundle(MODELS, "faceveil"))


def _stops(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit status of the whole command, entry points and all."""
    monkeypatch.setattr("sys.argv", ["faceveil", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert isinstance(stop.value.code, int)
    return stop.value.code


@pytest.mark.parametrize(
    ("command", "taught"),
    [
        ([], ["serve", "openapi", "models"]),
        (["serve"], ["--host", "--port", "127.0.0.1:8000", *variables()]),
        (["serve"], [f"{name}_FILE" for name in secret_variables()]),
        (["openapi"], ["--output", "YAML"]),
        (["models"], ["list", "show", "verify"]),
        (["models", "list"], ["List"]),
        (["models", "show"], ["--version", "newest"]),
        (["models", "verify"], ["exit 1"]),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_help_teaches(command: list[str], taught: list[str]) -> None:
    result = _run(*command, "--help")
    assert result.exit_code == 0
    for word in taught:
        assert word in result.stdout


@pytest.mark.parametrize(
    ("group", "command"),
    [([], "quantise"), (["models"], "verify"), (["keys"], "restore"), (["log"], "verify")],
)
def test_no_line_of_a_list_of_commands_is_cut(
    group: list[str],
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert _stops(monkeypatch, *group, "--help") == 0
    _, _, listed = capsys.readouterr().out.partition("\nCommands:\n")
    assert f"  {command} " in listed
    assert "...\n" not in listed


def test_a_narrow_list_of_models_cuts_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = _run("models", "list").stdout
    assert "…" not in shown
    for folder in list_bundles(MODELS).values():
        card = read_card(folder)
        for word in (card.name, card.version, *card.labels, *card.levels, *card.terms.split()):
            assert word in shown


@pytest.mark.usefixtures("installed")
def test_the_models_are_listed_with_what_a_user_chooses_by(card: Card) -> None:
    result = _run("models", "list")
    assert result.exit_code == 0
    for word in (card.name, card.version, *card.levels):
        assert word in result.stdout


@pytest.mark.usefixtures("installed")
def test_a_model_is_shown_with_its_whole_card(card: Card) -> None:
    result = _run("models", "show", "faceveil")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == card.model_dump(mode="json")
    assert _run("models", "show", "faceveil", "--version", card.version).stdout == result.stdout


@pytest.mark.parametrize("arguments", [["nobody"], ["faceveil", "--version", "99.0.0"]])
@pytest.mark.usefixtures("installed")
def test_an_absent_model_cannot_be_shown(arguments: list[str]) -> None:
    result = _run("models", "show", *arguments)
    assert result.exit_code == 2
    assert "There is no bundle" in result.stderr


@pytest.mark.usefixtures("installed")
def test_a_whole_model_is_verified(card: Card) -> None:
    expected = f"faceveil {card.version}: the graph is its card's and answers as its card says"
    for arguments in ([], ["faceveil"]):
        result = _run("models", "verify", *arguments)
        assert result.exit_code == 0
        assert result.stdout.startswith(expected)
        assert ("detector: " in result.stdout) == (not arguments)


async def _opened_and_closed(engine: Engine) -> None:
    await engine.scheduler.open()
    await engine.scheduler.close()


def test_the_digest_that_is_told_can_be_pinned(
    installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = _run("models", "verify", "faceveil").stdout.split("digest ")[1].strip()
    assert digest == card_digest(installed)
    monkeypatch.setenv("FACEVEIL_MODEL__DIGEST", digest)
    asyncio.run(_opened_and_closed(load_engine(load_settings(), bytes(32))))
    card = installed / "card.json"
    card.write_text(card.read_text() + "\n")
    assert _stops(monkeypatch, "serve", "--port", "0") == 2
    assert "is not the bundle that is pinned" in capsys.readouterr().err


def test_a_bundle_without_checks_runs_and_is_said_to_have_none(installed: Path) -> None:
    card = json.loads((installed / "card.json").read_text())
    del card["checks"]
    (installed / "card.json").write_text(json.dumps(card))
    result = _run("models", "verify", "faceveil")
    assert result.exit_code == 0
    assert "its card has no checks" in result.stdout


def test_a_server_with_such_a_bundle_says_so_in_its_log(
    installed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    card = json.loads((installed / "card.json").read_text())
    del card["checks"]
    (installed / "card.json").write_text(json.dumps(card))
    with caplog.at_level(logging.WARNING, "faceveil"):
        engine = load_engine(load_settings(), bytes(32))
    asyncio.run(_opened_and_closed(engine))
    assert "the model's card holds no checks" in caplog.text


def test_a_server_for_anyone_refuses_a_model_for_research(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACEVEIL_MODEL__USE", "anyone")
    monkeypatch.setenv("FACEVEIL_MODEL__NAME", "faceveil")
    assert _stops(monkeypatch, "serve", "--port", "0") == 2
    said = capsys.readouterr().err
    assert "is for non-commercial research" in said
    assert "FACEVEIL_MODEL__NAME=open" in said


def test_verifying_no_model_at_all_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEIL_MODEL__DIRECTORY", str(tmp_path))
    detector = tmp_path / "detector" / "blazeface-short" / "model.onnx"
    monkeypatch.setenv("FACEVEIL_DETECTOR", str(detector))
    assert _run("models", "verify").exit_code == 2
    assert _run("models", "verify", "nobody").exit_code == 2


@pytest.fixture(params=["another graph", "no graph", "no card", "no bundle at all"])
def damaged(installed: Path, request: pytest.FixtureRequest) -> str:
    match request.param:
        case "another graph":
            (installed / "model.onnx").write_bytes(b"words")
        case "no graph":
            (installed / "model.onnx").unlink()
        case "no card":
            (installed / "card.json").write_text("{}")
        case "no bundle at all":
            shutil.rmtree(installed)
    damage: str = request.param
    return damage


def test_a_damaged_model_fails_verification(damaged: str, card: Card) -> None:
    result = _run("models", "verify")
    if damaged == "no bundle at all":
        assert result.exit_code == 2
    else:
        assert result.exit_code == 1
        assert f"faceveil {card.version}: FAILED: " in result.stdout


def test_a_server_without_a_whole_model_stops_with_a_sentence(
    damaged: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _stops(monkeypatch, "serve", "--port", "0") == 2
    _stops_with_a_sentence(capsys)


def _stops_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    printed = capsys.readouterr().err
    assert len(printed) > 20
    assert "Traceback" not in printed


def test_a_card_that_is_none_stops_the_list_with_a_sentence(
    installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (installed / "card.json").write_text("{}")
    assert _stops(monkeypatch, "models", "list") == 2
    assert "is not a card" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"words"])
def test_a_server_without_a_detector_stops_with_a_sentence(
    installed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
) -> None:
    graph = installed.parents[1] / "detector" / "blazeface-short" / "model.onnx"
    graph.unlink()
    if content:
        graph.write_bytes(content)
    assert _stops(monkeypatch, "serve", "--port", "0") == 2
    _stops_with_a_sentence(capsys)


@pytest.mark.usefixtures("installed")
def test_a_server_with_an_unknown_level_stops_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACEVEIL_MODEL__LEVEL", "absent")
    assert _stops(monkeypatch, "serve", "--port", "0") == 2
    assert "has no level 'absent'; it has: " in capsys.readouterr().err


@pytest.mark.parametrize("prior", ["even", "neutral=0.5,happiness=0.5"])
def test_a_server_whose_prior_the_model_cannot_serve_stops_with_what_to_do(
    installed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    prior: str,
) -> None:
    card = json.loads((installed / "card.json").read_text())
    card.pop("prior", None)
    (installed / "card.json").write_text(json.dumps(card))
    monkeypatch.setenv("FACEVEIL_PRIOR", prior)
    assert _stops(monkeypatch, "serve", "--port", "0") == 2
    told = capsys.readouterr().err
    assert f"FACEVEIL_PRIOR does not suit faceveil {card['version']}: the model's card" in told
    assert "Set it to wild" in told


def test_a_server_expects_what_its_setting_says(
    installed: Path, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = dict.fromkeys(card.labels, 1 / len(card.labels))
    learned = json.loads((installed / "card.json").read_text()) | {"prior": shares}
    (installed / "card.json").write_text(json.dumps(learned))
    monkeypatch.setenv("FACEVEIL_PRIOR", "even")
    engine = load_engine(load_settings(), bytes(32))
    asyncio.run(_opened_and_closed(engine))
    assert (engine.prior.name, engine.prior.expected) == ("even", shares)


def test_a_server_whose_key_is_none_stops_with_a_sentence(
    installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = installed.parents[1] / "state"
    state.mkdir()
    (state / "noise.key").write_text("words")
    assert _stops(monkeypatch, "serve", "--port", "0") == 2
    assert "noise.key does not hold 32 bytes" in capsys.readouterr().err


def test_a_wrong_setting_stops_every_command_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACEVEIL_LIMITS__PIXELS", "words")
    for command in (["serve"], ["models", "list"], ["models", "verify"]):
        assert _stops(monkeypatch, *command) == 2
        assert capsys.readouterr().err.startswith("FACEVEIL_LIMITS__PIXELS: ")


@pytest.mark.parametrize("port", ["-1", "65536", "words"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert _run("serve", "--port", port).exit_code == 2
