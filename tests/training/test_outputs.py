"""What cannot be written is refused before the work."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from training.commands.frontier import frontier
from training.commands.reproduce import reproduce
from training.commands.train import train
from training.commands.unseen import unseen
from training.lab.outputs import refuse_unwritable


def test_a_place_that_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("old")
    new = tmp_path / "new" / "folder"
    refuse_unwritable([None, tmp_path / "there.md", new / "x.md"], [tmp_path, new])
    assert [path.name for path in tmp_path.iterdir()] == ["there.md"]
    assert (tmp_path / "there.md").read_text() == "old"


def test_a_place_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for files, folders in (
        ([tmp_path / "file" / "x.md"], []),
        ([], [tmp_path / "file"]),
        ([], [tmp_path / "file" / "runs" / "x"]),
    ):
        with pytest.raises(ValueError, match="is a file"):
            refuse_unwritable(files, folders)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Name a file"):
        refuse_unwritable([tmp_path])


def test_a_place_without_the_right_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.md").touch()
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(ValueError, match="Nothing can be written into"):
        refuse_unwritable([tmp_path / "new.md"])
    with pytest.raises(ValueError, match=r"there\.md cannot be written"):
        refuse_unwritable([tmp_path / "there.md"])


@pytest.mark.parametrize(
    ("command", "arguments", "work"),
    [
        (reproduce, ["jaffe", "--output"], "training.studies.reproduction.run.reproduce"),
        (reproduce, ["jaffe", "--json"], "training.studies.reproduction.run.reproduce"),
        (frontier, ["jaffe", "--output"], "training.studies.frontier.run.frontier"),
        (unseen, ["--output"], "training.studies.unseen.run.unseen"),
        (reproduce, ["jaffe", "--run"], "training.studies.reproduction.run.crops_of"),
        (frontier, ["jaffe", "--run"], "training.studies.frontier.run.crops_of"),
        (unseen, ["--run"], "training.studies.unseen.run.crops_of"),
        (train, ["--models"], "training.studies.make.crops_of"),
        (train, ["--run"], "training.studies.make.crops_of"),
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
    assert "is a file" in ended.output
