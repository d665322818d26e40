"""A head is found again from its points: how it is held, who it is, what it does."""

import numpy as np
import pytest

from tests.training.data.animated.synthetic import HEAD, SIZE, drawn, expression
from training.data.animated.fit import Camera, fit_head, turned


@pytest.mark.parametrize("yaw", [-20.0, 0.0, 15.0])
def test_it_finds_how_the_head_is_held(yaw: float) -> None:
    _, points = drawn(yaw)
    fit = fit_head(HEAD, points)
    assert fit.camera.yaw == pytest.approx(yaw, abs=2)
    assert fit.camera.scale == pytest.approx(SIZE / 32, rel=0.02)
    assert fit.error < 0.01


def test_it_finds_a_stranger() -> None:
    rng = np.random.default_rng(3)
    identity = rng.standard_normal(len(HEAD.identities))
    shape = HEAD.shaped(identity, np.zeros(len(HEAD.names)))
    camera = Camera(turned(5, -4, 3), 7.0, np.array([90.0, 80.0]))
    fit = fit_head(HEAD, camera.seen(shape)[HEAD.points, :2])
    assert fit.error < 0.01
    assert np.corrcoef(fit.identity, identity)[0, 1] > 0.5


def test_it_tells_a_smile_from_a_face_at_rest() -> None:
    smiling = fit_head(HEAD, drawn(expression=expression(mouthSmile=0.8))[1])
    resting = fit_head(HEAD, drawn()[1])
    left = HEAD.names.index("mouthSmile_L")
    assert smiling.expression[left] > 0.5
    assert resting.expression[left] < 0.05
