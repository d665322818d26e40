"""A controller plays what pays, and is paid for moods read and for people not named."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tests.training.faces import made_up_crops
from training.data.crops import UNKNOWN, CropSet, join
from training.filter import controller
from training.filter.algorithm import Recipe, train
from training.filter.controller import Bandit, Controller, controlled, held_out, reward
from training.filter.model import Learner

EMOTIONS = 3
RECIPE = Recipe(
    dimension=4,
    filters=(4, 4),
    steps=9,
    warm_up=3,
    batch=16,
    mixed_precision=False,
    controlled=True,
)
PART = made_up_crops(people=3, takes=4)


def _play(bandit: Bandit, episodes: int, pays: int) -> list[int]:
    arms = []
    for _ in range(episodes):
        arms.append(bandit.arm)
        bandit.learn(0.9 if bandit.arm == pays else 0.1)
    return arms


def test_it_comes_to_play_what_pays() -> None:
    bandit = Bandit(4, 400, seed=0)
    np.testing.assert_allclose(bandit.chances, 0.25)
    late = _play(bandit, 400, pays=2)[200:]
    assert late.count(2) > 120
    assert bandit.chances.argmax() == 2
    assert bandit.chances.sum() == pytest.approx(1)
    assert bandit.chances.min() > 0.01, "what once paid little is tried again"


def test_a_seed_repeats_its_choices_and_so_does_one_that_goes_on() -> None:
    whole = _play(Bandit(4, 40, seed=1), 40, pays=1)
    stopped = Bandit(4, 40, seed=1)
    before = _play(stopped, 25, pays=1)
    new = Bandit(4, 40, seed=1)
    new.load_state_dict(stopped.state_dict())
    assert before + _play(new, 15, pays=1) == whole
    assert _play(Bandit(4, 40, seed=2), 40, pays=1) != whole


def test_no_group_is_on_both_sides_and_somebody_of_everybody_is_learned() -> None:
    nameless = replace(PART, subject=np.full(len(PART), UNKNOWN))
    part = join([nameless, replace(PART, group=np.arange(len(PART)) // 2)])
    aside = held_out(part, seed=0)
    assert not aside[: len(PART)].any(), "there is nobody to hide"
    assert 0 < aside.sum() < len(PART) / 3
    assert not set(part.group[aside]) & set(part.group[~aside])
    assert set(part.subject[aside]) <= set(part.subject[~aside])


class _Tells(nn.Module):
    """Stands for a learner: releases one pixel of a face, and reads the other as its emotion."""

    def __init__(self, pixel: int) -> None:
        super().__init__()
        self.pixel = pixel

    def forward(self, faces: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        assert not self.training
        person_or_emotion = functional.one_hot(faces[:, 0, self.pixel].long(), 3).float()
        emotion = functional.one_hot(faces[:, 0, 1].long(), EMOTIONS).float()
        return person_or_emotion, person_or_emotion + noise, emotion


def _coded(right: bool) -> CropSet:
    """Faces whose first pixel is the person and whose second one is the emotion."""
    crops = np.zeros((len(PART), 2, 2), np.uint8)
    crops[:, 0, 0] = PART.subject
    crops[:, 0, 1] = PART.emotion if right else (PART.emotion + 1) % EMOTIONS
    return replace(PART, crops=crops)


@pytest.mark.parametrize(
    ("pixel", "right", "expected"), [(1, True, 1.0), (0, True, 0.5), (1, False, 0.5), (0, False, 0)]
)
def test_it_is_paid_for_what_is_read_and_what_is_hidden(
    pixel: int, right: bool, expected: float
) -> None:
    coded = _coded(right)
    learner = _Tells(pixel)
    assert reward(learner, coded, coded, 0.0, seed=0) == pytest.approx(expected)
    assert learner.training, "it goes on learning"


def test_noise_hides() -> None:
    coded = _coded(right=True)
    assert reward(_Tells(0), coded, coded, 50.0, seed=0) > 0.7


def test_a_training_plays_a_setting_an_episode_and_never_learns_what_it_is_paid_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paid: list[tuple[CropSet, CropSet]] = []

    def watched(learner: Learner, known: CropSet, probe: CropSet, sigma: float, seed: int) -> float:
        paid.append((known, probe))
        return reward(learner, known, probe, sigma, seed)

    monkeypatch.setattr(controller, "EPISODE", 2)
    monkeypatch.setattr(controller, "reward", watched)
    steered = train(PART, RECIPE, classes=EMOTIONS, seed=0)
    assert len(paid) == (RECIPE.steps - RECIPE.warm_up) // 2
    known, probe = paid[0]
    assert len(known) + len(probe) == len(PART)
    assert not (known.crops[:, None] == probe.crops).all(axis=(2, 3)).any()
    again = train(PART, RECIPE, classes=EMOTIONS, seed=0)
    np.testing.assert_array_equal(steered.embed(PART.crops), again.embed(PART.crops))


def test_its_settings_reach_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    left = controlled(PART, RECIPE, 0)[0]

    def with_beta(beta: float) -> NDArray[np.float32]:
        mute = controller.Setting(beta, 100)
        monkeypatch.setattr(controller, "settings_around", lambda recipe: [mute, mute])
        return train(PART, RECIPE, classes=EMOTIONS, seed=0).embed(PART.crops)

    unsteered = replace(RECIPE, controlled=False, beta=0.0, restart_every=100)
    bare = train(left, unsteered, classes=EMOTIONS, seed=0).embed(PART.crops)
    np.testing.assert_array_equal(with_beta(0.0), bare)
    assert not np.array_equal(with_beta(5.0), bare)


def test_where_nobody_is_known_there_is_nothing_to_choose() -> None:
    nameless = replace(PART, subject=np.full(len(PART), UNKNOWN))
    left, none = controlled(nameless, RECIPE, 0)
    assert none is None
    assert len(left) == len(PART)
    assert isinstance(controlled(PART, RECIPE, 0)[1], Controller)
