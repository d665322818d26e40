"""A set that is left out is judged by a filter that learned nothing from it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from faceveil.rate import Rate
from tests.training.faces import made_up_crops
from training.commands.unseen import unseen as command
from training.data.crops import UNKNOWN, CropSet
from training.data.record import DataError
from training.data.sets import SETS
from training.filter.algorithm import Filter, Recipe, train
from training.lab import runner
from training.lab.plan import Plan
from training.lab.reconstruction import learn_decoder
from training.lab.runner import Run
from training.studies import gather, preset
from training.studies.preset import LEVELS
from training.studies.unseen import judge as unseen_judge
from training.studies.unseen import run
from training.studies.unseen.judge import NOTHING, Left, Shown, balanced, read_as
from training.studies.unseen.options import UnseenStudy
from training.studies.unseen.report import readable
from training.studies.unseen.run import Unseen, unseen

TINY = Recipe(dimension=4, filters=(4, 4), steps=3, warm_up=1, batch=16)
PEOPLE = 7
"""The open-set audit needs six."""


def _nameless(part: CropSet) -> CropSet:
    return replace(part, subject=np.full(len(part), UNKNOWN))


@dataclass(frozen=True)
class Ran:
    """A run with made-up crops in place of each set's, and recipes of three steps."""

    crops: dict[str, CropSet]
    study: UnseenStudy
    result: Unseen
    learned: list[CropSet]
    recipes: list[Recipe]


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def ran(patched: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    crops = {
        "jaffe": made_up_crops(PEOPLE, takes=2, seed=1),
        "yale": made_up_crops(PEOPLE, takes=2, seed=2),
        "fer": _nameless(made_up_crops(3, takes=2, seed=3)),
        "fer-test": _nameless(made_up_crops(3, takes=1, seed=4)),
        "lfw": made_up_crops(PEOPLE, takes=4, emotions=1, seed=5),
    }
    crops["lfw"] = replace(crops["lfw"], emotion=np.full(len(crops["lfw"]), UNKNOWN))
    folder = tmp_path_factory.mktemp("unseen")
    for name in crops:
        place = folder / "data" / SETS[name].place
        place.mkdir(parents=True) if not place.suffix else place.touch()
    learned: list[CropSet] = []
    recipes: list[Recipe] = []

    def cropped(name: str, *others: object) -> CropSet:
        del others
        return crops[name]

    def watched(data: CropSet, recipe: Recipe, **options: Any) -> Filter:
        learned.append(data)
        recipes.append(recipe)
        return train(data, recipe, **options)

    patched.setattr(gather, "crops_of", cropped)
    patched.setattr(runner, "train", watched)
    patched.setattr(run, "Recipe", lambda **given: replace(TINY, **given))
    patched.setattr(preset, "PRETRAINING", TINY)
    patched.setattr(unseen_judge, "learn_decoder", partial(learn_decoder, steps=2))
    study = UnseenStudy(
        data=folder / "data",
        sets="jaffe,yale",
        run=folder / "run",
        steps=3,
        pretraining_steps=3,
        mixing=0.25,
    )
    return Ran(crops, study, unseen(study, _quiet), learned, recipes)


def _quiet(stage: str, done: int, total: int) -> None:
    del stage, done, total


def test_each_filter_learns_every_set_but_the_one_it_is_judged_on(ran: Ran) -> None:
    without = [row.without for row in ran.result.rows]
    assert without[:3] == ["JAFFE", "Yale", NOTHING]
    assert list(dict.fromkeys(without)) == without[:3]
    assert [row.released for row in ran.result.rows[3 : 4 + len(LEVELS)]] == [
        "no noise",
        *LEVELS,
    ]
    with_names = [data for data in ran.learned if (data.subject != UNKNOWN).any()]
    for data, left in zip(with_names, without[:3] * 2, strict=True):
        for name in ("jaffe", "yale"):
            there = (data.crops[:, None] == ran.crops[name].crops[:1]).all(axis=(2, 3)).any()
            assert there == (left != SETS[name].info.name)
        assert not (data.crops[:, None] == ran.crops["fer-test"].crops[:1]).all(axis=(2, 3)).any()


def test_sets_are_mixed_as_was_requested(ran: Ran) -> None:
    with_names = [data for data in ran.learned if (data.subject != UNKNOWN).any()]
    assert with_names
    for data, recipe in zip(ran.learned, ran.recipes, strict=True):
        assert recipe.mixing == (0.25 if (data.subject != UNKNOWN).any() else TINY.mixing)


def test_a_run_goes_on_with_what_is_finished(ran: Ran) -> None:
    trained = len(ran.learned)
    assert unseen(ran.study, _quiet).rows == ran.result.rows
    assert len(ran.learned) == trained


def test_the_undefended_filter_can_be_left_out(ran: Ran) -> None:
    alone = unseen(replace(ran.study, reference=False), _quiet)
    assert alone.rows == [row for row in ran.result.rows if row.released != "undefended"]
    assert "undefended" not in readable(alone)
    assert "--no-reference" in readable(alone)


def test_a_folder_of_another_run_is_refused(ran: Ran) -> None:
    with pytest.raises(ValueError, match="another recipe, seed or data"):
        unseen(replace(ran.study, seed=1), _quiet)


def test_the_tables_hold_every_row_and_what_makes_them_again(ran: Ran) -> None:
    text = readable(ran.result)
    lines = [line for line in text.splitlines() if line.startswith(("| JAFFE", "| Yale"))]
    assert len(lines) == 2 * (1 + 1 + len(LEVELS)) + 2 * 3  # and a line an emotion
    assert text.count("| undefended |") == text.count("| balanced |") == 3
    assert "faceveil unseen --sets jaffe,yale" in text
    assert "--mixing 0.25" in text
    assert "The undefended filter has the same size" in text
    assert str(ran.study.data) not in text


def test_an_unknown_set_is_refused_with_those_that_are_known(ran: Ran) -> None:
    with pytest.raises(DataError, match=r"Known: .*jaffe"):
        unseen(replace(ran.study, sets="nobody"), _quiet)


def test_a_filter_that_shows_the_person_is_caught_between_emotions(tmp_path: Path) -> None:
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

        def probabilities(self, embedding: np.ndarray) -> np.ndarray:
            del embedding
            return np.eye(7, dtype=np.float32)[(part.emotion + 1) % 7]

    model = object.__new__(Revealing)
    model.prior = np.full(7, 1 / 7, np.float32)
    left = Left("made up", plan.deal(part), model, plan, Run.claimed(tmp_path, "", _quiet))
    figures = left.judged("clean", 0.0)
    assert figures.rank1.rate == 1
    assert figures.eer is not None
    assert figures.eer[0] < 0.05
    assert figures.emotion is not None
    assert figures.emotion.rate == 1
    assert figures.even is not None
    assert figures.even.rate == 0
    noisy = left.judged("noisy", 100.0)
    assert noisy.rank1.rate < 0.5


def test_balanced_accuracy_weighs_emotions_alike() -> None:
    shown = np.array([0] * 90 + [1] * 10 + [UNKNOWN] * 5)
    rate = balanced(np.zeros(105, np.int64), shown)
    assert rate == Rate.of(50, 100)
    assert balanced(shown, np.full(105, UNKNOWN)) is None


def test_what_is_read_stands_with_the_emotion_that_is_shown_most_frequent_first() -> None:
    shown = np.array([1, 1, 1, 0, UNKNOWN])
    read = np.array([0, 0, 1, 0, 1])
    assert read_as(read, shown, ["calm", "glad"]) == (
        Shown("calm", 1, (("calm", 1),)),
        Shown("glad", 3, (("calm", 2), ("glad", 1))),
    )


def test_the_command_says_how_to_name_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEVEIL_DATA", raising=False)
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "--data FOLDER" in result.output
