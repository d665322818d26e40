"""From made-up crops to bundles that load, and what is refused before hours are spent."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceveil.audit.attackers import LDA, NEAREST
from faceveil.model.bundle import load_bundle
from tests.training.faces import made_up_crops
from training.data.crops import UNKNOWN, CropSet
from training.data.record import EMOTIONS, DataError
from training.data.sets import SETS
from training.filter.algorithm import Recipe
from training.filter.arithmetic import Precision
from training.lab import judge
from training.lab.plan import Plan
from training.studies import gather
from training.studies.preset import LEVELS
from training.studies.probe import run as probe_run
from training.studies.probe.options import ProbeStudy
from training.studies.probe.report import readable
from training.studies.probe.run import probe
from training.studies.train import release, run
from training.studies.train.options import INT8, TrainStudy
from training.studies.train.run import train_bundles

TINY = Recipe(dimension=4, filters=(8, 16), steps=4, warm_up=1, batch=16)
NAMED = made_up_crops(people=3, takes=4)
NAMELESS = replace(NAMED, subject=np.full(len(NAMED), UNKNOWN))
SHARES = np.random.default_rng(0).dirichlet(np.ones(10), len(NAMED)).astype(np.float32)
VOTED = replace(NAMELESS, ballots=SHARES)
MOODLESS = replace(NAMED, emotion=np.full(len(NAMED), UNKNOWN))
real_plan = run.planned  # a fixture puts a tiny one in its place
CROPS = {"jaffe": NAMED, "fer": NAMELESS, "fer-test": VOTED, "lfw": MOODLESS}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainStudy:
    def cropped(name: str, *others: object) -> CropSet:
        del others
        return CROPS[name]

    def plan(study: TrainStudy) -> Plan:
        levels = {"no noise": 0.0, "balanced": 0.5}
        attackers = (LDA, NEAREST)
        return Plan(TINY, TINY, levels, 3, study.seed, attackers, study.labels)

    data = tmp_path / "data"
    for name in CROPS:
        place = data / SETS[name].place
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch() if place.suffix else place.mkdir()
    for module in (gather, probe_run):
        monkeypatch.setattr(module, "crops_of", cropped)
    monkeypatch.setattr(run, "planned", plan)
    for module in (run, release):
        small = module.GEOMETRY.model_copy(update={"width": 16, "height": 16})
        monkeypatch.setattr(module, "GEOMETRY", small)
    monkeypatch.setattr(judge, "ACROSS_EMOTIONS", (NEAREST,))
    return TrainStudy(
        data=data,
        sets="fer,jaffe",
        name="made-up",
        version="1.0.0",
        models=tmp_path / "models",
        run=tmp_path / "run",
        steps=4,
        pretraining_steps=4,
        folds=3,
        seed=0,
        reference=True,
        emotions="neutral,happiness",
        mixing=0.25,
        int8=True,
        precision=Precision.FLOAT32,
    )


def test_sets_are_mixed_as_was_requested(study: TrainStudy) -> None:
    assert real_plan(study).recipe.mixing == study.mixing != Recipe().mixing


def test_both_bundles_load_and_say_how_they_came_to_be(study: TrainStudy) -> None:
    whole, small = (load_bundle(folder) for folder in train_bundles(study))
    assert whole.card.labels == small.card.labels == list(EMOTIONS[:2])
    assert small.card.name == whole.card.name + INT8
    assert len(small.graph) < len(whole.graph)
    assert {source.name for source in whole.card.training.data} == {
        SETS[name].info.name for name in ("fer", "jaffe")
    }
    options = ("--sets fer,jaffe", "--emotions neutral,happiness", "--mixing 0.25", "--int8")
    for option in (*options, "--precision float32"):
        assert option in whole.card.training.command
    levels = {result.level for result in whole.card.results}
    assert {"undefended", "the crop itself", "balanced"} <= levels
    for card in (whole.card, small.card):
        broken_down = [(one.data, one.level, one.prior) for one in card.breakdowns]
        names = (SETS[name].info.name for name in ("jaffe", "fer-test"))
        assert broken_down == [
            (name, "balanced", prior) for name in names for prior in ("wild", "even")
        ]
        systems = {r.system for r in card.results if r.task == "emotion"}
        assert {"filter (2 outputs)", "filter (2 outputs), even prior"} < systems
        assert {one.level for one in card.probes} == {"no noise", "balanced"}
    assert small.card.probes != whole.card.probes
    assert "## What an app can learn" in (study.models / "made-up/1.0.0/CARD.md").read_text()


def test_the_probe_of_a_bundle_finds_what_its_card_says(study: TrainStudy) -> None:
    train_bundles(replace(study, int8=False))
    request = ProbeStudy(name="made-up", models=study.models, data=study.data, run=study.folder)
    found = probe(request, lambda *far: None)
    again = {(one.level, one.features): one.r2.value for one in found.probes}
    assert {level for level, _ in again} == {"no noise", *LEVELS}
    for one in load_bundle(study.models / "made-up/1.0.0").card.probes:
        assert again[one.level, one.features] == pytest.approx(one.r2.value, abs=1e-3)
    text = readable(found)
    assert "made-up 1.0.0" in text
    assert text.count("the released vector") == 2


def test_the_two_share_their_noise_for_they_embed_nearly_alike(study: TrainStudy) -> None:
    whole, small = (load_bundle(folder) for folder in train_bundles(study))
    assert whole.card.noise_of is None
    assert small.card.noise_of == "made-up/1.0.0"


def test_a_set_that_is_there_and_not_learned_from_is_judged_as_strangers(
    study: TrainStudy,
) -> None:
    (folder,) = train_bundles(replace(study, sets="fer,lfw", int8=False))
    jaffe = [r for r in load_bundle(folder).card.results if r.data == SETS["jaffe"].info.name]
    assert {r.task for r in jaffe} == {"emotion", "identity"}
    assert all(judge.STRANGERS in r.protocol for r in jaffe)


def test_a_bundle_is_made_where_no_set_tells_both_emotions_and_people(
    study: TrainStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "UNSEEN", ())
    (folder,) = train_bundles(replace(study, sets="fer,lfw", int8=False))
    assert not (folder / "frontier.svg").exists()
    assert "frontier" not in (folder / "CARD.md").read_text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sets": "fer-test,jaffe"}, "for judging"),
        ({"sets": "jaffe", "emotions": "neutral,fear"}, "shows fear"),
        ({"sets": "jaffe,nobody"}, "Unknown sets: nobody"),
        ({"sets": "fer"}, "whose faces"),
        ({"sets": "lfw"}, "tells emotions"),
        ({"sets": "jaffe,yale"}, "Yale is not there"),
        ({"data": Path("/no/such/folder")}, "There is no folder /no/such/folder"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    study: TrainStudy, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        train_bundles(replace(study, **changes))  # type: ignore[arg-type]
    assert not study.folder.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Mine"}, "--name: 'Mine'"),
        ({"name": "m" * 61}, "--name"),  # the name of the one in int8 is longer
        ({"version": "2"}, "--version: '2'"),
        ({"terms": "any use"}, "your own faces"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_at_once(
    study: TrainStudy, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        train_bundles(replace(study, **changes))  # type: ignore[arg-type]
    assert not study.folder.exists()


def test_to_expect_an_emotion_that_no_picture_shows_is_refused_at_once(study: TrainStudy) -> None:
    even = ",".join(f"{emotion}={1 / 7:.4f}" for emotion in EMOTIONS)
    with pytest.raises(DataError, match="shows sadness, anger, disgust, fear: leave it out of"):
        train_bundles(replace(study, emotions=None, codewords=8, prior=even))
    assert not study.folder.exists()


def test_data_that_are_not_there_are_told_before_a_bundle_that_is(study: TrainStudy) -> None:
    (study.models / "made-up" / "1.0.0").mkdir(parents=True)
    with pytest.raises(DataError, match="There is no folder"):
        train_bundles(replace(study, data=study.data / "nope"))  # type: ignore[operator]


@pytest.mark.parametrize("precision", [Precision.BFLOAT16, Precision.FLOAT32])
def test_all_filters_of_a_run_are_trained_in_one_arithmetic(
    study: TrainStudy, precision: Precision
) -> None:
    plan = real_plan(replace(study, precision=precision))
    mixed = precision == Precision.BFLOAT16
    assert plan.recipe.mixed_precision == plan.pretraining.mixed_precision == mixed


def test_a_version_that_is_there_is_not_made_again(study: TrainStudy) -> None:
    (study.models / f"made-up{INT8}" / "1.0.0").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="another version"):
        train_bundles(study)
