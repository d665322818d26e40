"""The int8 form of an installed bundle is the one that its training would have made."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from faceveil.model.bundle import load_bundle
from faceveil.model.card import Card
from tests.training import test_make
from tests.training.faces import made_up_crops
from training.data.record import DataError
from training.lab.plan import THE_CROP, UNDEFENDED, Plan
from training.studies.quantise import run
from training.studies.quantise.options import QuantiseStudy
from training.studies.quantise.run import past_training, quantise_bundle
from training.studies.train import run as train_run
from training.studies.train.options import INT8, TrainStudy
from training.studies.train.run import train_bundles

study = test_make.study
NOTE = "An earlier version did otherwise."


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


@pytest.fixture
def twin(
    study: TrainStudy,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> QuantiseStudy:
    """What is wanted of a run that has ended, with its bundles in float32 and in int8."""
    tiny = train_run.planned(study)

    def past(folder: Path) -> tuple[Plan, dict[str, str]]:
        plan, learned = past_training(folder)
        return replace(plan, attackers=tiny.attackers), learned

    monkeypatch.setattr(run, "past_training", past)
    monkeypatch.setattr(run, "MEASURED_LEVELS", tiny.levels)
    ended = tmp_path_factory.getbasetemp() / "ended"
    if not ended.exists():  # trained once for all tests here
        train_bundles(study)
        shutil.copytree(study.folder, ended / "run")
        shutil.copytree(study.models, ended / "models")
    else:
        shutil.copytree(ended / "run", study.folder)
        shutil.copytree(ended / "models", study.models)
    return QuantiseStudy(
        name="made-up",
        of=None,
        version="1.0.1",
        run=study.folder,
        models=study.models,
        data=study.data,
        note=[NOTE],
    )


def _ours(card: Card) -> list[object]:
    return [r for r in card.results if r.level not in (UNDEFENDED, THE_CROP)]


def test_it_is_the_bundle_that_training_with_int8_makes(
    twin: QuantiseStudy, study: TrainStudy
) -> None:
    small = load_bundle(quantise_bundle(twin, _silent))
    whole = load_bundle(study.models / "made-up" / "1.0.0")
    trained = load_bundle(study.models / f"made-up{INT8}" / "1.0.0")
    assert small.graph == trained.graph != whole.graph
    assert small.card.results == trained.card.results
    assert small.card.breakdowns == trained.card.breakdowns
    assert small.card.probes == trained.card.probes != whole.card.probes
    assert small.card.checks == trained.card.checks
    assert small.card.prior == trained.card.prior == whole.card.prior is not None
    assert small.card.noise_of == trained.card.noise_of == "made-up/1.0.0"
    assert (small.card.name, small.card.version) == (f"made-up{INT8}", "1.0.1")


def test_its_card_says_where_each_figure_comes_from(twin: QuantiseStudy) -> None:
    folder = quantise_bundle(twin, _silent)
    card = load_bundle(folder).card
    assert card.training.command == "faceveil quantise made-up --of 1.0.0 --version 1.0.1"
    readable = (folder / "CARD.md").read_text()
    assert "The graph is that of made-up 1.0.0 in 8-bit integers" in readable
    assert NOTE in readable
    whole = load_bundle(twin.models / "made-up" / "1.0.0").card
    taken = [r for r in whole.results if r.level in (UNDEFENDED, THE_CROP)]
    assert taken
    assert [r for r in card.results if r.level in (UNDEFENDED, THE_CROP)] == taken
    assert _ours(card) != _ours(whole)


def test_a_run_of_other_data_or_without_all_its_folds_is_refused(
    twin: QuantiseStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert twin.run is not None
    (twin.run / "fold-1.pt").rename(twin.run / "away")
    with pytest.raises(ValueError, match=r"fold-1\.pt is not there"):
        quantise_bundle(twin, _silent)
    with pytest.raises(ValueError, match="holds no run"):
        quantise_bundle(replace(twin, run=None), _silent)
    (twin.run / "away").rename(twin.run / "fold-1.pt")
    crops = test_make.CROPS | {"jaffe": made_up_crops(people=3, takes=4, seed=1)}
    monkeypatch.setattr(test_make, "CROPS", crops)
    with pytest.raises(ValueError, match=r"other data: \['JAFFE'\]"):
        quantise_bundle(twin, _silent)


def test_what_the_float32_bundle_was_judged_on_must_be_there(twin: QuantiseStudy) -> None:
    assert twin.data is not None
    (twin.data / "lfw").rmdir()
    with pytest.raises(DataError, match="judged on LFW"):
        quantise_bundle(twin, _silent)


def test_neither_an_int8_bundle_nor_a_version_that_is_there_is_made(twin: QuantiseStudy) -> None:
    with pytest.raises(ValueError, match="int8 form already"):
        quantise_bundle(replace(twin, name=f"made-up{INT8}"), _silent)
    with pytest.raises(FileExistsError, match="another version"):
        quantise_bundle(replace(twin, version="1.0.0"), _silent)
