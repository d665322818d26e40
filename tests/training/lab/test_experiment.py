"""A run is judged on what it did not learn from, and goes on where it was cut short."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceveil.audit.attackers import LDA, NEAREST, Attacker
from faceveil.audit.closed_set import FoldOutcome, attack
from faceveil.audit.protocol import Split
from tests.training.faces import made_up_crops
from training.data.crops import UNKNOWN
from training.filter import algorithm, checkpoint
from training.filter.algorithm import Filter, Recipe
from training.lab import judge, runner
from training.lab.attack import Emotions
from training.lab.cells import CELLS
from training.lab.experiment import (
    claimed,
    judge_final,
    judge_folds,
    pretrained,
    train_final,
    train_folds,
)
from training.lab.judge import Embedded, judge_crops, judge_set
from training.lab.measurement import Measurement
from training.lab.plan import THE_CROP, Data, Plan, Progress, undefended
from training.lab.runner import Run

RECIPE = Recipe(dimension=4, filters=(4, 4), steps=3, warm_up=1, batch=16)
PLAN = Plan(RECIPE, RECIPE, {"clean": 0.0, "noisy": 1.0}, folds=3, seed=0, attackers=(LDA, NEAREST))


def _quiet(stage: str, done: int, total: int) -> None:
    del stage, done, total


def _run(folder: Path, data: Data, progress: Progress = _quiet) -> Run:
    return claimed(folder, data, PLAN, progress)


def _folds(data: Data, run: Run) -> list[Filter]:
    return train_folds(data, PLAN, run, pretrained(data, PLAN, run))


def _final(data: Data, run: Run) -> Filter:
    return train_final(data, PLAN, run, pretrained(data, PLAN, run))


def _cross_validated(data: Data, run: Run) -> list[Measurement]:
    return judge_folds(data, PLAN, _folds(data, run), run)


@pytest.fixture(scope="module")
def data() -> Data:
    named = made_up_crops(people=3, takes=3)
    nameless = replace(named, subject=np.full(len(named), UNKNOWN))
    dealt = PLAN.deal(named)
    return Data({"named": dealt}, {"wild": nameless}, {"other": nameless}, {"strangers": dealt})


@pytest.fixture(scope="module")
def folder(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    _folds(data, _run(folder, data))
    return folder


@pytest.fixture
def run(data: Data, folder: Path) -> Run:
    return _run(folder, data)


def test_every_image_is_tested_once_at_each_level(data: Data, run: Run) -> None:
    results = _cross_validated(data, run)
    emotion = [r for r in results if r.task == "emotion"]
    assert [r.level for r in emotion] == ["clean", "noisy"]
    assert {r.rate.total for r in results} == {len(data.named["named"][0].part)}


def test_a_level_is_attacked_with_a_noise_free_gallery_and_across_emotions_too(
    data: Data, run: Run
) -> None:
    results = _cross_validated(data, run)
    systems: dict[str, set[str]] = {r.level: set() for r in results}
    for result in results:
        if result.task == "identity":
            systems[result.level].add(result.system)
    across = {"logistic, other emotions only", "nearest, other emotions only"}
    assert systems["clean"] == {"lda", "nearest"} | across
    assert systems["noisy"] == systems["clean"] | {
        "lda, noise-free gallery",
        "nearest, noise-free gallery",
        "logistic, noise-free gallery, other emotions only",
        "nearest, noise-free gallery, other emotions only",
    }


def test_across_emotions_no_gallery_holds_the_emotion_that_is_asked_about(data: Data) -> None:
    dealt = data.named["named"]
    rows = dealt[0].part.emotion[:, None].astype(np.float64)
    for fold in dealt:
        splits = fold.splits(rows, rows, Emotions.OTHERS)
        assert sum(len(split.probe) for split in splits) == fold.tested.sum()
        for split in splits:
            assert not np.isin(split.gallery, split.probe).any()


def test_what_was_made_of_a_tested_set_is_learned_for_the_release_alone(
    data: Data, tmp_path: Path
) -> None:
    of_named = made_up_crops(people=3, takes=2)
    beside = replace(data, made={"made": of_named})
    for number in range(PLAN.folds):
        assert len(beside.learned_in(number)) == len(data.learned_in(number))
    assert len(beside.everything) == len(data.everything) + len(of_named)
    run = _run(tmp_path, beside)
    start = pretrained(beside, PLAN, run)
    train_final(beside, PLAN, run, start)
    assert (tmp_path / "pretrained-for-release.pt").exists()
    with pytest.raises(ValueError, match="another recipe, seed or data"):
        _run(tmp_path, data)


def test_who_has_a_single_image_is_in_no_probe(tmp_path: Path) -> None:
    dealt = PLAN.deal(made_up_crops(people=3, takes=1, emotions=1))
    rows = dealt[0].part.subject[:, None].astype(np.float64)
    assert [split for fold in dealt for split in fold.splits(rows, rows)] == []
    one = Data({"one": dealt}, {}, {}, {})
    assert judge_crops(one, PLAN, _run(tmp_path, one)) == []


def test_a_run_that_was_cut_short_goes_on_without_doing_a_finished_fold_again(
    data: Data, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "fold-1.pt").unlink()
    trained = []
    train = algorithm.train

    def counting(*args: object, **options: object) -> object:
        trained.append(1)
        return train(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "train", counting)
    before = (folder / "fold-0.pt").stat().st_mtime_ns
    _folds(data, _run(folder, data))
    assert len(trained) == 1
    assert (folder / "fold-0.pt").stat().st_mtime_ns == before


def test_a_training_that_was_stopped_goes_on_and_so_does_its_bar(
    data: Data, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "EVERY_S", 0.0)
    heard: list[tuple[str, int, int]] = []

    def stopping(stage: str, done: int, total: int) -> None:
        heard.append((stage, done, total))
        if (stage, done) == ("cross-validation", RECIPE.steps + 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _folds(data, _run(tmp_path, data, stopping))
    assert [file.name for file in tmp_path.glob("*.checkpoint")] == ["fold-1.checkpoint"]
    heard.clear()
    resumed = _folds(data, _run(tmp_path, data, lambda *far: heard.append(far)))
    steps = [done for stage, done, _ in heard if stage == "cross-validation"]
    assert steps[0] == RECIPE.steps + 1, "one fold and a step of the next one are done"
    assert steps == sorted(steps)
    assert steps[-1] == RECIPE.steps * PLAN.folds
    assert not list(tmp_path.glob("*.checkpoint"))
    crops = data.named["named"][0].part.crops
    for one, other in zip(resumed, _folds(data, _run(folder, data)), strict=True):
        np.testing.assert_array_equal(one.embed(crops), other.embed(crops))


def test_what_is_finished_is_shown_as_finished(data: Data, folder: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    _folds(data, _run(folder, data, lambda *far: heard.append(far)))
    total = RECIPE.steps * PLAN.folds
    assert heard[-1] == ("cross-validation", total, total)


def test_each_stage_of_judging_comes_to_its_end(data: Data, folder: Path) -> None:
    last: dict[str, tuple[int, int]] = {}

    def progress(stage: str, done: int, total: int) -> None:
        last[stage] = (done, total)

    run = _run(folder, data, progress)
    judge_crops(data, PLAN, run)
    filters = _folds(data, run)
    judge_folds(data, PLAN, filters, run)
    judge_final(data, PLAN, filters[0], run)
    assert len(last) >= 4
    assert all(done == total for done, total in last.values()), last


def test_a_folder_of_another_run_is_refused(data: Data, folder: Path) -> None:
    with pytest.raises(ValueError, match="another recipe, seed or data"):
        claimed(folder, data, replace(PLAN, seed=9), _quiet)


def test_what_is_released_in_the_end_is_judged_on_held_out_images_and_on_strangers(
    data: Data, run: Run
) -> None:
    results = judge_final(data, PLAN, _final(data, run), run)
    assert {(r.data, r.task) for r in results} == {
        ("other", "emotion"),
        ("strangers", "emotion"),
        ("strangers", "identity"),
    }


def test_judging_that_was_stopped_goes_on_after_the_last_finished_attack(
    data: Data, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "ACROSS_EMOTIONS", (NEAREST,))
    filters = _folds(data, _run(folder, data))
    attacked: list[str] = []

    def stopping(split: Split, attacker: Attacker, *others: Any) -> FoldOutcome:
        if len(attacked) == stop_after:
            raise KeyboardInterrupt
        attacked.append(attacker.name)
        return attack(split, attacker, *others)

    monkeypatch.setattr(runner, "attack", stopping)
    stop_after = 7  # two attackers on three folds, and a part of a fold
    with pytest.raises(KeyboardInterrupt):
        judge_folds(data, PLAN, filters, _run(tmp_path, data))
    assert len((tmp_path / CELLS).read_text().splitlines()) == 6
    attacked.clear()
    stop_after = -1
    results = judge_folds(data, PLAN, filters, _run(tmp_path, data))
    resumed = len(attacked)
    attacked.clear()
    assert judge_folds(data, PLAN, filters, _run(tmp_path / "other", data)) == results
    assert len(attacked) == resumed + 6
    attacked.clear()
    assert judge_folds(data, PLAN, filters, _run(tmp_path, data)) == results
    assert not attacked, "all is finished"


def test_a_cell_counts_for_its_own_embeddings_alone(
    data: Data, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "ACROSS_EMOTIONS", ())
    filters = _folds(data, _run(folder, data))
    run = _run(tmp_path, data)
    before = judge_folds(data, PLAN, filters, run)
    other = judge_folds(data, PLAN, filters[::-1], run)
    assert other == judge_folds(data, PLAN, filters[::-1], _run(tmp_path / "other", data))
    assert other != before


def test_the_undefended_reference_differs_in_its_aims_alone() -> None:
    bare = undefended(PLAN)
    assert bare.recipe == replace(PLAN.recipe, beta=0, contrast=0, scatter=0, likeness=0, noise=0)
    assert bare.folds == PLAN.folds
    assert bare.seed == PLAN.seed


def test_a_shuffled_identity_is_named_at_chance(data: Data, run: Run) -> None:
    named = data.named["named"][0].part
    generator = np.random.default_rng(0)
    model = _final(data, run)
    embedding = model.embed(named.crops)
    shuffled = generator.permutation(named.subject)
    part = replace(named, subject=shuffled)
    folds = [Embedded(fold, model, embedding) for fold in PLAN.deal(part)]
    results = judge_set("shuffled", folds, PLAN, run)
    low = [r.rate.low for r in results if r.task == "identity"]
    assert max(low) < 1 / 3 + 0.2


def test_the_crops_themselves_give_the_person_away(data: Data, run: Run) -> None:
    results = judge_crops(data, PLAN, run)
    assert {r.level for r in results} == {THE_CROP}
    assert max(r.rate.rate for r in results if r.task == "identity") > 0.9


def test_features_made_by_hand_read_the_emotions_of_every_named_image(data: Data, run: Run) -> None:
    [read] = [r for r in judge_crops(data, PLAN, run) if r.task == "emotion"]
    assert read.rate.total == len(data.named["named"][0].part)
    assert read.rate.low > read.chance
