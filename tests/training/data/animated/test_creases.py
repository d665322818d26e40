"""Creases lie where the face folds, on both sides alike, and only where it moves."""

import numpy as np
import pytest

from tests.training.data.animated.synthetic import HEAD, expression
from training.data.animated.creases import CREASES, places_of, strengths_of


def test_a_face_at_rest_has_no_creases() -> None:
    assert not strengths_of(HEAD, expression()).any()
    assert not strengths_of(HEAD, -expression(browDown=1.0)).any()


@pytest.mark.parametrize("name", CREASES)
def test_a_crease_is_deepened_by_expressions_that_the_head_has(name: str) -> None:
    deep = strengths_of(HEAD, expression(**dict.fromkeys(CREASES[name].by, 1.0)))
    row = 2 * list(CREASES).index(name)
    assert deep[row] == deep[row + 1] > 0.5


def test_a_crease_of_the_left_lies_on_the_left() -> None:
    for number, places in enumerate(places_of(HEAD)):
        across = (places * HEAD.vertices[:, 0]).sum() / places.sum()
        assert across > 0 if number % 2 == 0 else across < 0
        assert 0 <= places.min() <= places.max() <= 0.6
        assert np.mean(places > 0.1) < 0.1  # it is narrow
