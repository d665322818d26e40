"""Training's commands refuse what cannot be written before the work."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from training.commands.frontier import frontier
from training.commands.reproduce import reproduce
from training.commands.train import train
from training.commands.unseen import unseen


@pytest.mark.parametrize(
    ("command", "arguments", "work"),
    [
        (reproduce, ["jaffe", "--output"], "training.studies.reproduction.run.reproduce"),
        (reproduce, ["jaffe", "--json"], "training.studies.reproduction.run.reproduce"),
        (frontier, ["jaffe", "--output"], "training.studies.frontier.run.frontier"),
        (unseen, ["--output"], "training.studies.unseen.run.unseen"),
        (reproduce, ["jaffe", "--run"], "training.studies.reproduction.run.crops_of"),
        (frontier, ["jaffe", "--run"], "training.studies.gather.crops_of"),
        (unseen, ["--run"], "training.studies.gather.crops_of"),
        (train, ["--models"], "training.studies.gather.crops_of"),
        (train, ["--run"], "training.studies.gather.crops_of"),
    ],
)
def test_every_command_looks_before_it_works(
    command: Callable[..., None],
    arguments: list[str],
    work: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def worked(*_: object, **__: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(work, worked)
    data = tmp_path / "data"
    for place in ("jaffe", "yale", "frl_london"):
        (data / place).mkdir(parents=True)
    (data / "fer2013plus_train.npz").touch()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(command)
    target = str(tmp_path / "file" / "x")
    ended = CliRunner().invoke(app, [*arguments, target, "--data", str(data)])
    assert ended.exit_code == 2, ended.output
    assert "is no folder. Nothing was done yet" in ended.output
