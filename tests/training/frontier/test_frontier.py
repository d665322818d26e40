"""The variants are tried on an inner split, the preset is reported on every fold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceveil.audit.attackers import HYBRID2FACE, NEAREST, Fitted, Gallery
from tests.training.faces import made_up_crops
from training.bundle.picture import draw
from training.data.crops import UNKNOWN, CropSet
from training.data.record import DataError
from training.filter.algorithm import Filter, Recipe, train
from training.lab import experiment, judge
from training.lab.judge import deal_folds
from training.lab.plan import UNDEFENDED, Plan
from training.studies.frontier import references, run
from training.studies.frontier.report import panels, readable
from training.studies.frontier.run import INNER_FOLDS, Frontier, Request, tried
from training.studies.frontier.variants import PRESET, Variant, variants
from training.studies.reproduction.feature_systems import hand_made_systems

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


PLAN = Plan(TINY, TINY, {"no noise": 0.0, "balanced": 0.5}, FOLDS, 0, (_Quick(),))


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    run = tmp_path_factory.mktemp("run")
    return Request("jaffe", None, run, FOLDS, 2, 2, 0, teacher=False, seeds=2)


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
        patch.setattr(references, "hand_made_systems", lambda: hand_made_systems()[:1])
        patch.setattr(references, "STRENGTHS", {"blur": (1.0, 8.0)})
        yield


def _of(every: dict[str, Variant], names: set[str]) -> dict[str, Variant]:
    return {name: variant for name, variant in every.items() if name in names}


def _shared(some: np.ndarray, others: np.ndarray) -> int:
    """How many of the crops are among the others."""
    return int((some[:, None] == others).all(axis=(2, 3)).any(axis=1).sum())


@pytest.fixture(scope="module")
def found(request_: Request, learned: list[CropSet]) -> Frontier:
    def watched(data: CropSet, *arguments: object, **options: object) -> Filter:
        learned.append(data)
        return train(data, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "train", watched)
        return tried(WILD, PART, PLAN, request_, _quiet)


def test_variants_never_see_what_the_first_fold_is_tested_on(
    found: Frontier, learned: list[CropSet]
) -> None:
    tested = PART.crops[deal_folds(PART, PLAN)[0].tested]
    tries = INNER_FOLDS * 3
    assert len(learned) == 1 + tries + 2 * FOLDS + 1 + FOLDS
    for data in learned[1 : 1 + tries]:
        assert not _shared(data.crops, tested)


def test_every_variant_and_the_preset_on_all_folds_have_a_row_a_level(found: Frontier) -> None:
    every = [PRESET, "no contrast", "no scatter"]  # no teacher taught, so none can be left out
    levels = len(PLAN.levels)
    assert [row.variant for row in found.variants[::levels]] == every
    assert [row.seed for row in found.reported[::levels]] == [0, 1000]
    assert {row.emotion.rate.total for row in found.reported} == {len(PART)}


def test_the_references_are_read_on_the_same_images(found: Frontier) -> None:
    assert [one.name for one in found.references] == [UNDEFENDED, "HOG", "blur 1", "blur 8"]
    assert [one.family for one in found.references] == [UNDEFENDED, "HOG", "blur", "blur"]
    assert {one.emotion.total for one in found.references} == {len(PART)}


def test_a_run_goes_on_with_what_is_kept(request_: Request, found: Frontier) -> None:
    (request_.run / "all-folds-0" / "fold-0.pt").unlink()
    before = (request_.run / PRESET / "fold-0.pt").stat().st_mtime_ns
    again = tried(WILD, PART, PLAN, request_, _quiet)
    assert (again.variants, again.reported) == (found.variants, found.reported)
    assert (request_.run / PRESET / "fold-0.pt").stat().st_mtime_ns == before


def test_the_tables_and_the_picture_show_it(found: Frontier) -> None:
    text = readable(found, "picture.svg")
    assert text.count("| all folds |") == 2 * len(PLAN.levels)
    assert "faceveil frontier jaffe --folds 3" in text
    assert "| blur 8 |" in text
    assert "- no contrast: cross-identity contrast 0" in text
    reported, inner = panels(found, "jaffe")
    levels = list(PLAN.levels)
    paper = "the paper, its own attacker"
    beside = [UNDEFENDED, "HOG", "blur", "blur", paper]
    assert [point.name for point in reported.points] == [*levels, *levels, *beside]
    assert "no scatter" in {point.name for point in inner.points}
    drawn = draw([reported, inner])
    assert "<svg" in drawn
    assert drawn == draw([reported, inner])


def test_a_set_that_is_too_small_is_refused(tmp_path: Path, request_: Request) -> None:
    few = PART.take(np.arange(4))
    with pytest.raises(DataError, match="Too few pictures"):
        tried(WILD, few, PLAN, replace(request_, run=tmp_path), _quiet)
