"""What is read, by kind of picture: each picture counts where it belongs, and once."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.rate import Rate
from tests.training.lab.fakes import Told, numbered
from training.data.crop_set import UNKNOWN, CropSet
from training.filter.algorithm import Recipe
from training.lab import breakdown
from training.lab.breakdown import FEWEST, mean_recall
from training.lab.plan import Plan

SHOWN = np.array([0, 0, 0, 0, 1, 1, 2, UNKNOWN])
READ = np.array([0, 0, 0, 1, 1, 0, 0, 2])
SEX = np.array(["female"] * 5 + ["male"] * 3)
PART = CropSet(numbered(8), SHOWN, np.arange(8), np.zeros(8, np.int64), traits={"sex": SEX})
PLAN = Plan(Recipe(), Recipe(), {"clean": 0.0, "noisy": 9.0}, 2, 0, (), ("calm", "glad", "sad"))
MODEL = Told(np.eye(3)[READ], np.eye(3))


def test_recall_and_precision_are_those_of_the_pictures_with_a_label() -> None:
    (found,) = breakdown.of_set("Set", "held out", PART, MODEL, PLAN, "clean")
    assert (found.data, found.protocol, found.level, found.prior) == (
        "Set",
        "held out",
        "clean",
        "wild",
    )
    assert {(kind.by, kind.name): (kind.recall, kind.precision) for kind in found.kinds} == {
        ("emotion", "calm"): (Rate.of(3, 4), Rate.of(3, 5)),
        ("emotion", "glad"): (Rate.of(1, 2), Rate.of(1, 2)),
        ("emotion", "sad"): (Rate.of(0, 1), None),
        ("sex", "female"): (Rate.of(4, 5), None),
    }, "two men with a label are too few to speak of men"
    assert found.mean_recall.value == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)


def test_a_kind_is_of_people_and_not_of_pictures() -> None:
    part = replace(PART, subject=np.minimum(np.arange(8), FEWEST - 2))
    (found,) = breakdown.of_set("Set", "held out", part, MODEL, PLAN, "clean")
    assert {kind.by for kind in found.kinds} == {"emotion"}


def test_a_set_without_emotions_has_none() -> None:
    moodless = replace(PART, emotion=np.full(8, UNKNOWN))
    assert breakdown.of_set("Set", "held out", moodless, MODEL, PLAN, "clean") == []


def test_each_picture_is_read_by_the_filter_that_did_not_learn_from_it() -> None:
    dealt = PLAN.deal(PART)
    learned = [~fold.tested for fold in dealt]
    right = np.eye(3)[np.maximum(SHOWN, 0)]
    wrong = np.roll(right, 1, axis=1)
    models = [Told(np.where(rows[:, None], wrong, right), np.eye(3)) for rows in learned]
    (found,) = breakdown.of_folds("Set", dealt, models, PLAN, "clean")
    assert found.mean_recall.value == 1
    (lost,) = breakdown.of_folds("Set", dealt, models[::-1], PLAN, "clean")
    assert lost.mean_recall.value == 0
    assert found.protocol == "2-fold cross-validation"


def test_the_interval_of_a_mean_is_as_wide_as_its_pictures_are_few() -> None:
    few, many = (mean_recall([Rate.of(6 * n, 10 * n), Rate.of(2 * n, 5 * n)]) for n in (1, 100))
    assert few.value == many.value == pytest.approx(0.5)
    assert few.low < many.low < 0.5 < many.high < few.high
    # By hand: half the root of the two binomials' variances over their trials.
    deviation = np.sqrt(0.6 * 0.4 / 1000 + 0.4 * 0.6 / 500) / 2
    assert (many.high - many.low) / 2 == pytest.approx(1.96 * deviation, rel=0.05)


def test_the_interval_of_a_mean_has_a_width_where_all_or_none_are_read() -> None:
    mean = mean_recall([Rate.of(15, 15), Rate.of(0, 14)])
    assert mean.value == mean.high - (Rate.of(0, 14).high / 2)
    assert mean.low < 0.5 < mean.high


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=1, max_size=7))
def test_the_interval_of_a_mean_stays_among_shares(counts: list[tuple[int, int]]) -> None:
    mean = mean_recall([Rate.of(min(right, total), total) for right, total in counts])
    assert -1e-9 <= mean.low < mean.high <= 1 + 1e-9
    assert mean.low <= mean.value <= mean.high
