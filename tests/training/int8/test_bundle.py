"""The int8 form of an installed bundle is the one that its training would have made."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from faceveil.model.bundle import load_bundle
from faceveil.model.card import Card
from tests.training import test_make
from tests.training.faces import made_up_crops
from training.bundle import twin as bundle
from training.bundle.folds import KeptRun
from training.bundle.twin import Request, make_int8
from training.data.record import DataError
from training.lab.plan import THE_CROP, UNDEFENDED
from training.studies import make
from training.studies.make import INT8, make_bundles
from training.studies.make import Request as TrainingRequest

request_ = test_make.request_
NOTE = "An earlier version did otherwise."


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


@pytest.fixture
def asked(
    request_: TrainingRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Request:
    """A run that has ended, with its bundles in float32 and in int8, and what is asked for then."""
    tiny = make._plan(request_)
    real = KeptRun.read

    def read(folder: Path) -> KeptRun:
        run = real(folder)
        return replace(run, plan=replace(run.plan, attackers=tiny.attackers))

    monkeypatch.setattr(KeptRun, "read", read)
    monkeypatch.setattr(bundle, "MEASURED_LEVELS", tiny.levels)
    ended = tmp_path_factory.getbasetemp() / "ended"
    if not ended.exists():  # trained once for all tests here
        make_bundles(request_)
        shutil.copytree(request_.run, ended / "run")
        shutil.copytree(request_.models, ended / "models")
    else:
        shutil.copytree(ended / "run", request_.run)
        shutil.copytree(ended / "models", request_.models)
    return Request(
        name="made-up",
        of=None,
        version="1.0.1",
        run=request_.run,
        models=request_.models,
        data=request_.data,
        notes=(NOTE,),
    )


def _ours(card: Card) -> list[object]:
    return [r for r in card.results if r.level not in (UNDEFENDED, THE_CROP)]


def test_it_is_the_bundle_that_training_with_int8_makes(
    asked: Request, request_: TrainingRequest
) -> None:
    made = load_bundle(make_int8(asked, _silent))
    whole = load_bundle(request_.models / "made-up" / "1.0.0")
    trained = load_bundle(request_.models / f"made-up{INT8}" / "1.0.0")
    assert made.graph == trained.graph != whole.graph
    assert made.card.results == trained.card.results
    assert made.card.checks == trained.card.checks
    assert made.card.noise_of == trained.card.noise_of == "made-up/1.0.0"
    assert (made.card.name, made.card.version) == (f"made-up{INT8}", "1.0.1")


def test_its_card_says_where_each_figure_comes_from(asked: Request) -> None:
    folder = make_int8(asked, _silent)
    card = load_bundle(folder).card
    assert card.training.command == "faceveil quantise made-up --of 1.0.0 --version 1.0.1"
    readable = (folder / "CARD.md").read_text()
    assert "The graph is that of made-up 1.0.0 in 8-bit integers" in readable
    assert NOTE in readable
    whole = load_bundle(asked.models / "made-up" / "1.0.0").card
    taken = [r for r in whole.results if r.level in (UNDEFENDED, THE_CROP)]
    assert taken
    assert [r for r in card.results if r.level in (UNDEFENDED, THE_CROP)] == taken
    assert _ours(card) != _ours(whole)


def test_a_run_of_other_data_or_without_all_its_folds_is_refused(
    asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked.run is not None
    (asked.run / "fold-1.pt").rename(asked.run / "away")
    with pytest.raises(ValueError, match=r"fold-1\.pt is not there"):
        make_int8(asked, _silent)
    with pytest.raises(ValueError, match="holds no run"):
        make_int8(replace(asked, run=None), _silent)
    (asked.run / "away").rename(asked.run / "fold-1.pt")
    crops = test_make.CROPS | {"jaffe": made_up_crops(people=3, takes=4, seed=1)}
    monkeypatch.setattr(test_make, "CROPS", crops)
    with pytest.raises(ValueError, match=r"other data: \['JAFFE'\]"):
        make_int8(asked, _silent)


def test_what_the_float32_bundle_was_judged_on_must_be_there(asked: Request) -> None:
    assert asked.data is not None
    (asked.data / "lfw").rmdir()
    with pytest.raises(DataError, match="judged on LFW"):
        make_int8(asked, _silent)


def test_neither_an_int8_bundle_nor_a_version_that_is_there_is_made(asked: Request) -> None:
    with pytest.raises(ValueError, match="int8 form already"):
        make_int8(replace(asked, name=f"made-up{INT8}"), _silent)
    with pytest.raises(FileExistsError, match="another version"):
        make_int8(replace(asked, version="1.0.0"), _silent)
