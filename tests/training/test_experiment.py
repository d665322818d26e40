"""A run is judged on what it did not learn from, and goes on where it was cut short."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceveil.audit.attackers import LDA, NEAREST
from faceveil.model.card import Result
from tests.training.faces import made_up_crops
from training.data.crops import UNKNOWN
from training.filter import algorithm, checkpoint
from training.filter.algorithm import Recipe
from training.lab import experiment
from training.lab.experiment import judge_final, judge_folds, train_final, train_folds
from training.lab.judge import Embedded, deal_folds, judge_crops, judge_set
from training.lab.plan import THE_CROP, Data, Plan, undefended

RECIPE = Recipe(dimension=4, filters=(4, 4), steps=3, warm_up=1, batch=16)
PLAN = Plan(RECIPE, RECIPE, {"clean": 0.0, "noisy": 1.0}, folds=3, seed=0, attackers=(LDA, NEAREST))


def _quiet(stage: str, done: int, total: int) -> None:
    del stage, done, total


def _cross_validated(data: Data, plan: Plan, folder: Path) -> list[Result]:
    return judge_folds(data, plan, train_folds(data, plan, folder, _quiet), _quiet)


@pytest.fixture(scope="module")
def data() -> Data:
    named = made_up_crops(people=3, takes=3)
    nameless = replace(named, subject=np.full(len(named), UNKNOWN))
    return Data({"named": named}, {"wild": nameless}, {"other": nameless}, {"strangers": named})


@pytest.fixture(scope="module")
def folder(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("run")
    train_folds(data, PLAN, made, _quiet)
    return made


def test_every_image_is_tested_once_at_each_level(data: Data, folder: Path) -> None:
    results = _cross_validated(data, PLAN, folder)
    emotion = [r for r in results if r.task == "emotion"]
    assert [r.level for r in emotion] == ["clean", "noisy"]
    assert {r.rate.total for r in results} == {len(data.named["named"])}


def test_a_level_is_attacked_with_a_noise_free_gallery_and_across_emotions_too(
    data: Data, folder: Path
) -> None:
    results = _cross_validated(data, PLAN, folder)
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
    part = data.named["named"]
    rows = part.emotion[:, None].astype(np.float64)
    for fold in deal_folds(part, PLAN):
        splits = fold.splits(rows, rows, across_emotions=True)
        assert sum(len(split.probe) for split in splits) == fold.tested.sum()
        for split in splits:
            assert not np.isin(split.gallery, split.probe).any()


def test_who_has_a_single_image_is_in_no_probe() -> None:
    part = made_up_crops(people=3, takes=1, emotions=1)
    rows = part.subject[:, None].astype(np.float64)
    assert [s for fold in deal_folds(part, PLAN) for s in fold.splits(rows, rows)] == []
    assert judge_crops(Data({"one": part}, {}, {}, {}), PLAN, _quiet) == []


def test_a_run_that_was_cut_short_goes_on_without_doing_a_finished_fold_again(
    data: Data, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "fold-1.pt").unlink()
    trained = []
    train = algorithm.train

    def counting(*args: object, **options: object) -> object:
        trained.append(1)
        return train(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(experiment, "train", counting)
    before = (folder / "fold-0.pt").stat().st_mtime_ns
    train_folds(data, PLAN, folder, _quiet)
    assert len(trained) == 1
    assert (folder / "fold-0.pt").stat().st_mtime_ns == before


def test_a_training_that_was_stopped_goes_on_and_so_does_its_bar(
    data: Data, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "EVERY_S", 0.0)
    told: list[tuple[str, int, int]] = []

    def stopping(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        if (stage, done) == ("cross-validation", RECIPE.steps + 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_folds(data, PLAN, tmp_path, stopping)
    assert [file.name for file in tmp_path.glob("*.checkpoint")] == ["fold-1.checkpoint"]
    told.clear()
    resumed = train_folds(data, PLAN, tmp_path, lambda *far: told.append(far))
    steps = [done for stage, done, _ in told if stage == "cross-validation"]
    assert steps[0] == RECIPE.steps + 1, "one fold and a step of the next one are done"
    assert steps == sorted(steps)
    assert steps[-1] == RECIPE.steps * PLAN.folds
    assert not list(tmp_path.glob("*.checkpoint"))
    crops = data.named["named"].crops
    for one, other in zip(resumed, train_folds(data, PLAN, folder, _quiet), strict=True):
        np.testing.assert_array_equal(one.embed(crops), other.embed(crops))


def test_what_is_finished_is_shown_as_finished(data: Data, folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    train_folds(data, PLAN, folder, lambda *far: told.append(far))
    total = RECIPE.steps * PLAN.folds
    assert told[-1] == ("cross-validation", total, total)


def test_each_stage_of_judging_comes_to_its_end(data: Data, folder: Path) -> None:
    last: dict[str, tuple[int, int]] = {}

    def report(stage: str, done: int, total: int) -> None:
        last[stage] = (done, total)

    judge_crops(data, PLAN, report)
    filters = train_folds(data, PLAN, folder, report)
    judge_folds(data, PLAN, filters, report)
    judge_final(data, PLAN, filters[0], report)
    assert len(last) >= 4
    assert all(done == total for done, total in last.values()), last


def test_a_folder_of_another_run_is_refused(data: Data, folder: Path) -> None:
    with pytest.raises(ValueError, match="another recipe, seed or data"):
        train_folds(data, replace(PLAN, seed=9), folder, _quiet)


def test_what_is_released_in_the_end_is_judged_on_held_out_images_and_on_strangers(
    data: Data, folder: Path
) -> None:
    final = train_final(data, PLAN, folder, _quiet)
    results = judge_final(data, PLAN, final, _quiet)
    assert {(r.data, r.task) for r in results} == {("other", "emotion"), ("strangers", "identity")}


def test_the_undefended_reference_differs_in_its_aims_alone() -> None:
    bare = undefended(PLAN)
    assert bare.recipe == replace(PLAN.recipe, beta=0, contrast=0, scatter=0, likeness=0, noise=0)
    assert bare.folds == PLAN.folds
    assert bare.seed == PLAN.seed


def test_a_shuffled_identity_is_named_at_chance(data: Data, folder: Path) -> None:
    named = data.named["named"]
    generator = np.random.default_rng(0)
    model = train_final(data, PLAN, folder, _quiet)
    embedding = model.embed(named.crops)
    shuffled = generator.permutation(named.subject)
    part = replace(named, subject=shuffled)
    folds = [Embedded(fold, model, embedding) for fold in deal_folds(part, PLAN)]
    results = judge_set("shuffled", folds, PLAN, _quiet)
    low = [r.rate.low for r in results if r.task == "identity"]
    assert max(low) < 1 / 3 + 0.2


def test_the_crops_themselves_give_the_person_away(data: Data) -> None:
    results = judge_crops(data, PLAN, _quiet)
    assert {r.level for r in results} == {THE_CROP}
    assert max(r.rate.rate for r in results if r.task == "identity") > 0.9


def test_features_made_by_hand_read_the_emotions_of_every_named_image(data: Data) -> None:
    [read] = [r for r in judge_crops(data, PLAN, _quiet) if r.task == "emotion"]
    assert read.rate.total == len(data.named["named"])
    assert read.rate.low > read.chance
