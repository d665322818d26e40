"""The probe finds what was put into vectors, and nothing where nothing was."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import r2_score

from faceveil.model.card import Probe
from tests.training.lab.fakes import Told, numbered
from training.data.crop_set import CropSet
from training.lab.probe import drawn_again, explained, probed

RNG = np.random.default_rng(0)
COUNT = 200
MOOD = RNG.dirichlet([0.5, 0.5, 0.5], COUNT)  # (N, 3)
SHARES = np.column_stack([0.8 * MOOD, np.full(COUNT, 0.2)])
NONE = np.zeros(COUNT, np.int64)
PART = CropSet(numbered(COUNT), NONE, NONE - 1, NONE, ballots=SHARES.astype(np.float32))
MODEL = Told(MOOD, np.eye(3))
LEVELS = {"clean": 0.0, "noisy": 0.5}


def _found(part: CropSet = PART, model: Told = MODEL) -> dict[tuple[str, str], Probe]:
    return {
        (one.level, one.features): one
        for one in probed("Set", part, model, LEVELS, 0, lambda *far: None)
    }


def test_the_figures_are_those_of_their_definitions() -> None:
    shares, predicted = RNG.random((50, 4)), RNG.random((50, 4)) / 2
    about_mean, about_zero = explained(shares, predicted, drawn_again(50, 0))
    expected = r2_score(shares, predicted, multioutput="variance_weighted")
    assert about_mean.value == pytest.approx(expected)
    squares = ((shares - predicted) ** 2).sum() / (shares**2).sum()
    assert about_zero.value == pytest.approx(1 - squares)
    for one in (about_mean, about_zero):
        assert one.low < one.value < one.high


def test_what_lies_in_the_vector_is_found_and_noise_hides_it() -> None:
    found = _found()
    assert found["clean", "the released vector"].r2.low > 0.99
    assert found["noisy", "the released vector"].r2.high < 0.6
    assert found["clean", "the likeliest emotion alone"].r2.high < 0.9
    assert found["clean", "the released vector"].images == COUNT


def test_nothing_is_found_where_the_votes_are_of_other_pictures() -> None:
    found = _found(replace(PART, ballots=RNG.permutation(PART.ballots)))
    one = found["clean", "the released vector"]
    assert one.r2.value < 0.05
    assert one.r2_about_zero.value > 0.3, "about zero, to guess the mean is knowledge already"


def test_near_copies_teach_nothing_about_each_other() -> None:
    vectors = np.repeat(RNG.standard_normal((COUNT // 2, COUNT // 2)), 2, axis=0)
    twins = replace(PART, ballots=np.repeat(PART.ballots[::2], 2, axis=0))
    model = Told(vectors, RNG.random((3, COUNT // 2)))
    apart = _found(twins, model)["clean", "the released vector"]
    together = replace(twins, group=np.repeat(np.arange(COUNT // 2), 2))
    held = _found(together, model)["clean", "the released vector"]
    assert held.r2.value < 0.1 < apart.r2.value


def test_codewords_are_read_back_where_there_are_some() -> None:
    words = np.eye(3, dtype=np.float32) * 10
    model = Told(words[MOOD.argmax(axis=1)], np.eye(3), codewords=words)
    found = _found(model=model)
    assert len(found) == len(LEVELS) * 4
    code = found["noisy", "the codeword read back from it"]
    assert code.r2.value == pytest.approx(found["clean", "the likeliest emotion alone"].r2.value)


def test_pictures_without_votes_are_left_out() -> None:
    ballots = PART.ballots.copy()
    ballots[:7] = np.nan
    assert {one.images for one in _found(replace(PART, ballots=ballots)).values()} == {COUNT - 7}
    assert _found(replace(PART, ballots=np.empty((COUNT, 0), np.float32))) == {}
