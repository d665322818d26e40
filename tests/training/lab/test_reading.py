"""Emotions are read twice: as a filter answers, and as if all were equally likely."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.lab.fakes import Told, numbered
from training.data.crop_set import UNKNOWN, CropSet
from training.filter.algorithm import Recipe
from training.lab.experiment import judge_final, judge_folds
from training.lab.plan import Data, Plan
from training.lab.reading import emotions_read, priors_of
from training.lab.runner import Run

PRIOR = np.array([0.8, 0.15, 0.05], np.float32)
ANSWERS = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.7, 0.1, 0.2]], np.float32)
WILD, EVEN = [0, 0, 0], [2, 1, 2]  # by hand: each answer divided by the prior
MODEL = Told(ANSWERS, np.eye(3), PRIOR)


def test_an_even_prior_takes_away_what_training_met_more_frequently() -> None:
    assert emotions_read(MODEL, ANSWERS, "wild").tolist() == WILD
    assert emotions_read(MODEL, ANSWERS, "even").tolist() == EVEN


@pytest.mark.parametrize("prior", [None, np.array([0.8, 0.2, 0.0], np.float32)])
def test_what_expects_nothing_that_is_known_answers_by_itself_alone(
    prior: np.ndarray | None,
) -> None:
    assert priors_of([MODEL]) == ("wild", "even")
    assert priors_of([MODEL, replace(MODEL, prior=prior)]) == ("wild",)


def test_every_judgement_has_a_row_for_each_prior(tmp_path: Path) -> None:
    emotion = np.array(EVEN * 3)
    emotion[-1] = UNKNOWN
    crops = np.tile(numbered(3), (3, 1, 1))
    part = CropSet(crops, emotion, np.repeat([0, 1, 2], 3), np.zeros(9, np.int64))
    moodless = replace(part, emotion=np.full(9, UNKNOWN))
    plan = Plan(Recipe(), Recipe(), {"clean": 0.0}, 3, 0, (), ("a", "b", "c"))
    dealt = plan.deal(part)
    strangers = {"strangers": dealt, "moodless": plan.deal(moodless)}
    data = Data({"named": dealt}, {}, {"held out": part}, strangers)
    run = Run.claimed(tmp_path, "", lambda *far: None)
    results = judge_folds(data, plan, [MODEL] * 3, run) + judge_final(data, plan, MODEL, run)
    read = {
        (r.data, r.system): r.rate.correct / r.rate.total for r in results if r.task == "emotion"
    }
    for name in ("named", "held out", "strangers"):
        assert read.pop((name, "filter (3 outputs)")) == 0
        assert read.pop((name, "filter (3 outputs), even prior")) == 1
    assert not read, "nothing is read where nothing is known"
