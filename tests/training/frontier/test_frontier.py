"""The variants are tried on an inner split, the preset is reported on every fold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceveil.audit.attackers import HYBRID2FACE, NEAREST, Fitted, Gallery
from faceveil.rate import Rate
from tests.training.faces import made_up_crops
from training.bundle.picture import draw
from training.data.crops import UNKNOWN, CropSet
from training.data.record import DataError
from training.filter.algorithm import Filter, Recipe, train
from training.lab import judge, runner
from training.lab.measurement import where
from training.lab.plan import UNDEFENDED, Plan
from training.studies.features import hand_made_systems
from training.studies.frontier import references, report, run
from training.studies.frontier.options import FrontierStudy
from training.studies.frontier.report import panels, readable, reported
from training.studies.frontier.run import INNER_FOLDS, REPORTED, Frontier, tried
from training.studies.frontier.variants import PRESET, Variant, variants
from training.studies.study import DataSet

FOLDS = 3
TINY = Recipe(dimension=4, filters=(4, 4), steps=2, warm_up=1, batch=16)
PART = made_up_crops(people=3, takes=5)
WILD = replace(made_up_crops(people=3, takes=2, seed=1), subject=np.full(18, UNKNOWN))


def _quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total, stage


class _Quick:
    """Stands for the paper's attacker, whose network takes its time."""

    name = HYBRID2FACE.name

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        return NEAREST.fit(gallery, seed)


(_HOG,) = (system for system in hand_made_systems() if system.name == "HOG")

PLAN = Plan(TINY, TINY, {"no noise": 0.0, "balanced": 0.5}, FOLDS, 0, (_Quick(),))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> FrontierStudy:
    run = tmp_path_factory.mktemp("run")
    return FrontierStudy(
        data_set=DataSet.JAFFE, run=run, folds=FOLDS, steps=2, pretraining_steps=2, seeds=2
    )


@pytest.fixture(scope="module")
def learned() -> list[CropSet]:
    return []


@pytest.fixture(scope="module", autouse=True)
def _few() -> Iterator[None]:
    """A few variants do, the quickest attackers, and one of the baselines."""
    few = {PRESET, "no teacher", "no scatter", "no contrast"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "ACROSS_EMOTIONS", (NEAREST,))
        patch.setattr(run, "variants", lambda recipe: _of(variants(recipe), few))
        patch.setattr(references, "hand_made_systems", lambda: [_HOG])
        patch.setattr(references, "STRENGTHS", {"blur": (1.0, 8.0)})
        yield


def _of(every: dict[str, Variant], names: set[str]) -> dict[str, Variant]:
    return {name: variant for name, variant in every.items() if name in names}


def _shared(some: np.ndarray, others: np.ndarray) -> int:
    """How many of the crops are among the others."""
    return int((some[:, None] == others).all(axis=(2, 3)).any(axis=1).sum())


@pytest.fixture(scope="module")
def found(study: FrontierStudy, learned: list[CropSet]) -> Frontier:
    def watched(data: CropSet, *arguments: object, **options: object) -> Filter:
        learned.append(data)
        return train(data, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "train", watched)
        return tried(WILD, PART, PLAN, study, _quiet)


def test_variants_never_see_what_the_first_fold_is_tested_on(
    found: Frontier, learned: list[CropSet]
) -> None:
    tested = PART.crops[PLAN.deal(PART)[0].tested]
    tries = INNER_FOLDS * 3
    assert len(learned) == 1 + tries + 2 * FOLDS + 1 + FOLDS
    for data in learned[1 : 1 + tries]:
        assert not _shared(data.crops, tested)


def test_every_variant_and_the_preset_on_all_folds_have_a_row_a_level(found: Frontier) -> None:
    every = [PRESET, "no contrast", "no scatter"]  # no teacher taught, so none can be left out
    levels = len(PLAN.levels)
    assert [row["variant"] for row in report.tried(found)[::levels]] == every
    assert [row["seed"] for row in reported(found)[::levels]] == [0, 1000]
    assert {m.rate.total for m in where(found.measured, released=REPORTED)} == {len(PART)}


def test_the_references_are_read_on_the_same_images(found: Frontier) -> None:
    rows = report.references(found)
    assert [row["released"] for row in rows] == [UNDEFENDED, "HOG", "blur 1", "blur 8"]
    assert [row["family"] for row in rows] == [UNDEFENDED, "HOG", "blur", "blur"]
    assert {row["emotion"].rate.total for row in rows} == {len(PART)}


def test_a_run_goes_on_with_what_is_finished(study: FrontierStudy, found: Frontier) -> None:
    (study.folder / "all-folds-0" / "fold-0.pt").unlink()
    before = (study.folder / PRESET / "fold-0.pt").stat().st_mtime_ns
    again = tried(WILD, PART, PLAN, study, _quiet)
    assert again.measured == found.measured
    assert (study.folder / PRESET / "fold-0.pt").stat().st_mtime_ns == before


def test_the_tables_and_the_picture_show_it(found: Frontier) -> None:
    text = readable(found, "picture.svg")
    assert text.count("| all folds |") == 2 * len(PLAN.levels)
    assert "faceveil frontier jaffe --folds 3" in text
    assert "| blur 8 |" in text
    assert "- no contrast: cross-identity contrast 0" in text
    whole, inner = panels(found, "jaffe")
    levels = list(PLAN.levels)
    paper = "the paper, its own attacker"
    beside = [UNDEFENDED, "HOG", "blur", "blur", paper]
    assert [point.name for point in whole.points] == [*levels, *levels, *beside]
    assert not [p for p in whole.points if p.name in beside and isinstance(p.emotion, Rate)]
    assert "no scatter" in {point.name for point in inner.points}
    drawn = draw([whole, inner])
    assert "<svg" in drawn
    assert drawn == draw([whole, inner])


def test_a_set_that_is_too_small_is_refused(tmp_path: Path, study: FrontierStudy) -> None:
    few = PART.take(np.arange(4))
    with pytest.raises(DataError, match="Too few pictures"):
        tried(WILD, few, PLAN, replace(study, run=tmp_path), _quiet)
