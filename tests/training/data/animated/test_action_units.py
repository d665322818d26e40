"""Emotions are shown by action units, and these move the head."""

import numpy as np
import pytest

from tests.training.data.animated.synthetic import HEAD
from training.data.animated.action_units import (
    NOD,
    RECIPES,
    UNITS,
    Acting,
    act,
    expression_of,
    nod_of,
)
from training.data.record import EMOTIONS


def test_every_emotion_has_recipes_of_known_units() -> None:
    assert tuple(RECIPES) == EMOTIONS
    for recipes in RECIPES.values():
        for recipe in recipes:
            for unit, (low, high) in {**recipe.units, **recipe.at_times}.items():
                assert unit in UNITS.keys() | NOD.keys()
                assert 0 <= low <= high


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_moves_the_side_on_which_it_acts(unit: int) -> None:
    moved = {}
    for side, acting in {"left": Acting({unit: 1.0}, {}), "right": Acting({}, {unit: 1.0})}.items():
        strengths = expression_of(acting, HEAD.names)
        assert np.abs(strengths).max() > 0
        away = np.linalg.norm(np.tensordot(strengths, HEAD.expressions, 1), axis=1)
        moved[side] = away[HEAD.vertices[:, 0] > 0].sum() / away.sum()
    assert moved["left"] > moved["right"] or UNITS[unit].keys() & set(HEAD.names)


def test_a_head_that_is_lowered_turns_down_and_moves_no_skin() -> None:
    lowered = Acting({54: 1.0}, {54: 1.0})
    assert nod_of(lowered) == NOD[54] < 0 < NOD[53] == nod_of(Acting({53: 1.0}, {53: 1.0}))
    assert not expression_of(lowered, HEAD.names).any()


def test_the_same_seed_acts_the_same() -> None:
    first, second = (act("fear", np.random.default_rng(1)) for _ in range(2))
    assert first == second != act("fear", np.random.default_rng(2))


def test_anger_lowers_the_brows_and_surprise_raises_them() -> None:
    brow = HEAD.points[105]  # of MediaPipe's points, the middle of a brow
    for seed in range(20):
        heights = {}
        for emotion in ("anger", "surprise"):
            acting = act(emotion, np.random.default_rng(seed))
            shape = np.tensordot(expression_of(acting, HEAD.names), HEAD.expressions, 1)
            heights[emotion] = shape[brow, 1]
        assert heights["anger"] < 0 < heights["surprise"]
