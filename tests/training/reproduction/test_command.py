"""The command teaches, and stops with a sentence."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from training.commands.reproduce import reproduce
from training.data.sets import DATA_VARIABLE
from training.filter.arithmetic import Precision
from training.studies.reproduction import run
from training.studies.reproduction.options import ReproduceStudy
from training.studies.study import DataSet


def _run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(reproduce)
    return CliRunner().invoke(app, list(arguments), terminal_width=200)


def test_help_teaches() -> None:
    text = _run("--help").output
    for word in ("jaffe", "yale", "--data", "--run", "--seed", "--folds", "--quick", "--output"):
        assert word in text
    assert "FACEVEIL_DATA" in text
    assert "Ctrl-C is safe" in text


def test_without_data_it_says_how_to_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    result = _run("jaffe")
    assert result.exit_code == 2
    assert "--data FOLDER" in result.output


def test_a_folder_without_the_set_is_named(tmp_path: Path) -> None:
    result = _run("yale", "--data", str(tmp_path), "--run", str(tmp_path / "run"))
    assert result.exit_code == 2
    assert "Yale is not there" in result.output


def test_another_set_than_the_papers_is_refused() -> None:
    assert _run("lfw").exit_code == 2


def test_a_stopped_run_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "reproduce", stopped)
    result = _run("jaffe", "--data", str(tmp_path))
    assert result.exit_code == 130
    assert "The same command continues" in result.output


def test_what_makes_it_again_names_no_path(tmp_path: Path) -> None:
    study = ReproduceStudy(
        data_set=DataSet.JAFFE,
        data=tmp_path,
        run=tmp_path,
        seed=3,
        quick=True,
        systems="HOG",
        precision=Precision.FLOAT32,
    )
    words = "faceveil reproduce jaffe --folds 10 --quick --seed 3 --precision float32"
    assert study.command == words
