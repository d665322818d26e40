"""A set that is left out is judged by a filter that learned nothing from it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from service.rate import Rate
from tests.training.faces import made_up_crops
from training.algorithm import Filter, Recipe, train
from training.data.crops import UNKNOWN, CropSet
from training.data.record import DataError
from training.data.sets import SETS
from training.plan import Plan, Report
from training.unseen import run
from training.unseen.command import unseen as command
from training.unseen.judge import balanced, judge
from training.unseen.report import readable
from training.unseen.run import NOTHING, Request, Unseen, unseen

TINY = Recipe(dimension=4, filters=(4, 4), steps=3, warm_up=1, batch=16)
PEOPLE = 7
"""The open-set audit needs six."""


def _nameless(part: CropSet) -> CropSet:
    return replace(part, subject=np.full(len(part), UNKNOWN))


@pytest.fixture
def crops(monkeypatch: pytest.MonkeyPatch) -> dict[str, CropSet]:
    """Made-up crops in place of each set's, and recipes of three steps."""
    found = {
        "jaffe": made_up_crops(PEOPLE, takes=2, seed=1),
        "yale": made_up_crops(PEOPLE, takes=2, seed=2),
        "fer": _nameless(made_up_crops(3, takes=2, seed=3)),
        "fer-test": _nameless(made_up_crops(3, takes=1, seed=4)),
        "lfw": made_up_crops(PEOPLE, takes=4, emotions=1, seed=5),
    }
    found["lfw"] = replace(found["lfw"], emotion=np.full(len(found["lfw"]), UNKNOWN))

    def cropped(name: str, folder: Path | None, run_folder: Path, report: Report) -> CropSet:
        del folder, run_folder, report
        return found[name]

    monkeypatch.setattr(run, "crops_of", cropped)
    monkeypatch.setattr(run, "Recipe", lambda steps: replace(TINY, steps=steps))
    monkeypatch.setattr(run, "PRETRAINING", TINY)
    return found


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("jaffe", "yale", "lfw"):
        (data / SETS[name].place).mkdir()
    for name in ("fer", "fer-test"):
        (data / SETS[name].place).touch()
    return Request(data, ("jaffe", "yale"), tmp_path / "run", 3, 3, seed=0)


def _quiet(stage: str, done: int, total: int) -> None:
    del stage, done, total


def test_each_filter_learns_every_set_but_the_one_it_is_judged_on(
    crops: dict[str, CropSet], request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[CropSet] = []

    def watched(data: CropSet, *arguments: object, **options: object) -> Filter:
        learned.append(data)
        return train(data, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "train", watched)
    result = unseen(request_, _quiet)
    without = [row.without for row in result.rows]
    assert without == ["JAFFE", "Yale", NOTHING] * 2
    assert [row.system for row in result.rows] == ["undefended"] * 3 + ["balanced"] * 3
    for data, row in zip(learned, result.rows, strict=True):
        for name in ("jaffe", "yale"):
            there = (data.crops[:, None] == crops[name].crops[:1]).all(axis=(2, 3)).any()
            assert there == (row.without != SETS[name].info.name)
        wild = (data.crops[:, None] == crops["fer-test"].crops[:1]).all(axis=(2, 3)).any()
        assert not wild


def test_a_run_goes_on_with_what_is_kept(
    crops: dict[str, CropSet], request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    del crops
    first = unseen(request_, _quiet)

    def never(*_: object, **__: object) -> Filter:
        raise AssertionError("it was trained already")

    monkeypatch.setattr(run, "train", never)
    assert unseen(request_, _quiet).rows == first.rows


def test_a_folder_of_another_run_is_refused(crops: dict[str, CropSet], request_: Request) -> None:
    del crops
    unseen(request_, _quiet)
    with pytest.raises(ValueError, match="another recipe, seed or data"):
        unseen(replace(request_, seed=1), _quiet)


def test_the_tables_hold_every_row(crops: dict[str, CropSet], request_: Request) -> None:
    del crops
    result = unseen(request_, _quiet)
    text = readable(result)
    lines = [line for line in text.splitlines() if line.startswith(("| JAFFE", "| Yale"))]
    assert len(lines) == 4
    assert text.count("| undefended |") == text.count("| balanced |") == 3
    assert "faceveil unseen --sets jaffe,yale" in text


def test_a_filter_that_shows_the_person_is_caught_between_emotions() -> None:
    part = made_up_crops(PEOPLE, takes=3)
    plan = Plan(TINY, TINY, {"l": 0.0}, folds=3, seed=0)
    one_hot = np.eye(PEOPLE, dtype=np.float32)[part.subject]

    class Revealing(Filter):
        def embed(self, crops: np.ndarray) -> np.ndarray:
            del crops
            return one_hot

        def classify(self, embedding: np.ndarray) -> np.ndarray:
            del embedding
            return part.emotion

    model = object.__new__(Revealing)
    figures = judge("made up", part, model, 0.0, plan)
    assert figures.rank1.rate == 1
    assert figures.eer is not None
    assert figures.eer[0] < 0.05
    assert figures.emotion is not None
    assert figures.emotion.rate == 1
    noisy = judge("made up", part, model, 100.0, plan)
    assert noisy.rank1.rate < 0.5


def test_balanced_accuracy_weighs_emotions_alike() -> None:
    told = np.array([0] * 90 + [1] * 10 + [UNKNOWN] * 5)
    rate = balanced(np.zeros(105, np.int64), told)
    assert rate == Rate.of(50, 100)
    assert balanced(told, np.full(105, UNKNOWN)) is None


def test_the_command_says_how_to_name_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEVEIL_DATA", raising=False)
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "--data FOLDER" in result.output


def test_an_unknown_set_is_refused_with_those_that_are_known(request_: Request) -> None:
    result_of = replace(request_, sets=("nobody",))
    with pytest.raises(DataError, match="Known: jaffe"):
        unseen(result_of, _quiet)


def test_unseen_holds_what_makes_it_again(crops: dict[str, CropSet], request_: Request) -> None:
    del crops
    result: Unseen = unseen(request_, _quiet)
    assert str(request_.data) not in result.command
