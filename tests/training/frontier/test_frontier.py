"""The variants are tried on an inner split, the preset is reported on every fold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.audit.attackers import HYBRID2FACE, NEAREST
from tests.training.faces import made_up_crops
from training import experiment, judge
from training.algorithm import Filter, Recipe, train
from training.data.crops import UNKNOWN, CropSet
from training.data.record import DataError
from training.frontier import run
from training.frontier.picture import draw
from training.frontier.report import readable
from training.frontier.run import INNER_FOLDS, REPORTED, Frontier, Request, panels, tried
from training.frontier.variants import PRESET, Variant, variants
from training.judge import deal_folds
from training.plan import Plan

FOLDS = 3
TINY = Recipe(dimension=4, filters=(4, 4), steps=2, warm_up=1, batch=16)
PLAN = Plan(TINY, TINY, {"no noise": 0.0, "balanced": 0.5}, FOLDS, 0, (HYBRID2FACE, NEAREST))
PART = made_up_crops(people=3, takes=4)
WILD = replace(made_up_crops(people=3, takes=2, seed=1), subject=np.full(18, UNKNOWN))


def _quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total, stage


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    return Request("jaffe", None, tmp_path_factory.mktemp("run"), FOLDS, 2, 2, 0, teacher=False)


@pytest.fixture(scope="module")
def learned() -> list[CropSet]:
    return []


@pytest.fixture(scope="module", autouse=True)
def _few() -> Iterator[None]:
    """Two variants do, and the quickest attackers."""
    few = {PRESET, "no adversaries", "no teacher"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "ACROSS_EMOTIONS", (NEAREST,))
        patch.setattr(run, "variants", lambda recipe: _of(variants(recipe), few))
        yield


def _of(every: dict[str, Variant], names: set[str]) -> dict[str, Variant]:
    return {name: variant for name, variant in every.items() if name in names}


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
    tries = (len(found.rows) // len(PLAN.levels) - 1) * INNER_FOLDS
    assert len(learned) == 1 + tries + FOLDS
    for data in learned[1 : 1 + tries]:
        assert not (data.crops[:, None] == tested).all(axis=(2, 3)).any()


def test_every_variant_and_the_preset_on_all_folds_have_a_row_a_level(found: Frontier) -> None:
    every = [PRESET, "no adversaries", REPORTED]  # no teacher taught, so none can be left out
    assert [row.variant for row in found.rows[:: len(PLAN.levels)]] == every
    assert {row.emotion.rate.total for row in found.rows if row.variant == REPORTED} == {len(PART)}


def test_a_run_goes_on_with_what_is_kept(request_: Request, found: Frontier) -> None:
    (request_.run / REPORTED.replace(" ", "-") / "fold-0.pt").unlink()
    before = (request_.run / PRESET / "fold-0.pt").stat().st_mtime_ns
    assert tried(WILD, PART, PLAN, request_, _quiet).rows == found.rows
    assert (request_.run / PRESET / "fold-0.pt").stat().st_mtime_ns == before


def test_the_table_and_the_picture_show_it(found: Frontier) -> None:
    text = readable(found, "picture.svg")
    assert text.count("| all folds |") == len(PLAN.levels)
    assert "faceveil frontier jaffe --folds 3" in text
    reported, inner = panels(found, "jaffe")
    assert [point.name for point in reported.points] == [
        "no noise",
        "balanced",
        "the paper, its own attacker",
    ]
    assert "no adversaries" in {point.name for point in inner.points}
    assert "<svg" in draw([reported, inner])


def test_a_set_that_is_too_small_is_refused(tmp_path: Path, request_: Request) -> None:
    few = PART.take(np.arange(4))
    with pytest.raises(DataError, match="Too few pictures"):
        tried(WILD, few, PLAN, replace(request_, run=tmp_path), _quiet)
