"""How faces move is looked up by their standard expression, counted, and judged honestly."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr

from tests.training.faces import made_up_crops
from tests.training.lab.fakes import Told, numbered
from training.data.crop_set import UNKNOWN, CropSet
from training.data.moves import MOVES
from training.filter.algorithm import Recipe, new_filter
from training.filter.model import with_codebook
from training.filter.moves import count_moves, means_of, moves_table
from training.filter.release import Codebook
from training.lab.expression import agreement, judge_expression
from training.lab.plan import Plan

PART = made_up_crops(people=3, takes=2)
RECIPE = Recipe(dimension=3, filters=(4, 8))
KNOWN = replace(PART, moves=np.eye(3, dtype=np.float32)[PART.emotion])
NUMBERS = np.random.default_rng(0)


def quiet(stage: str, done: int, total: int) -> None:
    del stage, done, total


def test_a_codeword_moves_as_those_who_show_it_and_as_its_emotions_where_nobody_does() -> None:
    emotion = np.repeat([0, 1], 1000)
    moves = np.stack([emotion, 1 - emotion], axis=1).astype(np.float32)
    emotions = np.array([[1.0, 0.0], [0.25, 0.75], [0.5, 0.5]])
    table = moves_table(emotion, emotion, moves, emotions)
    assert table[:2] == pytest.approx(np.eye(2)[[1, 0]], abs=0.02)
    assert table[2] == pytest.approx([0.5, 0.5], abs=0.01)


def test_few_faces_of_a_codeword_count_little() -> None:
    emotion = np.zeros(100, np.int64)
    moves = np.zeros((100, 1), np.float32)
    moves[0] = 1.0
    chosen = np.r_[1, np.zeros(99, np.int64)]
    table = moves_table(chosen, emotion, moves, np.ones((2, 1)))
    assert 0.05 < table[1, 0] < 0.2


def test_an_emotion_that_none_show_moves_as_all_do_and_an_unknown_one_counts_for_none() -> None:
    moves = np.array([[1.0], [0.0], [1.0]], np.float32)
    means = means_of(np.array([0, 0, UNKNOWN]), moves, 2)
    assert means[1] == pytest.approx(2 / 3)
    assert means[0] == pytest.approx((1 + 2 / 3) / 3)


def test_a_filter_without_codebook_or_animated_faces_tells_none() -> None:
    plain = new_filter(PART.crops.shape[1], 3, RECIPE)
    count_moves(plain, KNOWN)
    assert plain.moves is None
    proved = with_codebook(plain, Codebook(torch.eye(3), torch.zeros(3, 3)))
    count_moves(proved, PART)
    assert proved.moves is None
    assert proved.moves_in(np.zeros((1, 3), np.float32)) is None
    count_moves(proved, KNOWN)
    assert proved.moves is not None
    words = proved.codewords
    assert words is not None
    assert np.array_equal(proved.moves_in(words), proved.moves)


def test_each_figure_is_that_of_scipy_and_lies_in_its_interval() -> None:
    truth = NUMBERS.normal(size=(300, 2))
    told = truth + NUMBERS.normal(size=truth.shape) * [0.5, 5]
    person = np.arange(300) % 20
    again = np.random.default_rng(0).multinomial(20, np.full(20, 1 / 20), 500)
    for column, (correlation, error) in enumerate(agreement(told, truth, person, again)):
        expected = pearsonr(told[:, column], truth[:, column]).statistic
        assert correlation.value == pytest.approx(expected)
        assert error.value == pytest.approx(np.abs(told - truth)[:, column].mean())
        for figure in (correlation, error):
            assert figure.low < figure.value < figure.high


def test_who_tells_the_same_of_all_correlates_with_nothing() -> None:
    truth = NUMBERS.normal(size=(50, 1))
    again = np.ones((3, 50), np.int64)
    ((correlation, _),) = agreement(np.full((50, 1), 0.3), truth, np.arange(50), again)
    assert correlation.value == correlation.low == correlation.high == 0


def _set_of(emotion: np.ndarray, moves: np.ndarray) -> CropSet:
    count = len(emotion)
    return CropSet(
        numbered(count), emotion, np.arange(count) % 10, np.zeros(count, np.int64), moves=moves
    )


def test_a_filter_that_tells_more_than_the_label_is_seen_to() -> None:
    emotion = np.repeat([0, 1], 50)
    moves = np.zeros((100, len(MOVES)), np.float32)
    moves[:, 0] = emotion + np.tile([0.0, 0.4], 50)
    part = _set_of(emotion, moves)
    embedding = np.eye(100, dtype=np.float32)
    model = Told(embedding, np.eye(2, dtype=np.float32)[emotion].T, moves=moves)
    plan = Plan(RECIPE, RECIPE, {"no noise": 0.0, "loud": 30.0}, 2, 0, labels=("neutral", "fear"))
    quietly, loudly = judge_expression("made up", part, model, part, plan, quiet)
    (valence,) = quietly.moves  # the only one that varies
    assert valence.name == "valence"
    assert valence.correlation.value == pytest.approx(1)
    assert valence.error.value == pytest.approx(0, abs=1e-6)
    assert 0.8 < valence.label_correlation.value < 0.99
    assert valence.label_error.value == pytest.approx(0.2, abs=0.01)
    assert loudly.moves[0].correlation.value < 0.5
    assert (quietly.people, quietly.images, quietly.level) == (10, 100, "no noise")


def test_a_set_whose_moves_nobody_knows_is_not_judged() -> None:
    plan = Plan(RECIPE, RECIPE, {"no noise": 0.0}, 2, 0)
    told = Told(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32))
    assert judge_expression("made up", PART, told, KNOWN, plan, quiet) == []
