"""The mean of the weights follows them, and short trainings do not end at their start."""

import pytest
from torch import nn

from training.filter.average import running_mean


def _followed(decay: float, values: list[float]) -> float:
    learner = nn.Linear(1, 1, bias=False)
    mean = running_mean(learner, decay)
    for value in values:
        nn.init.constant_(learner.weight, value)
        mean.update_parameters(learner)
    return float(mean.module.state_dict()["weight"])


def test_each_step_moves_it_by_what_the_decay_leaves() -> None:
    before = _followed(0.5, [1.0] * 20)
    after = _followed(0.5, [1.0] * 20 + [3.0])
    assert (before, after) == pytest.approx((1.0, 2.0))


def test_it_follows_fast_at_first() -> None:
    assert _followed(0.999, [0.0, 1.0]) == pytest.approx(1 - 2 / 11)
    assert _followed(0.999, [0.0] + [1.0] * 400) > 0.97


def test_running_statistics_are_averaged_too() -> None:
    learner = nn.BatchNorm1d(1)
    mean = running_mean(learner, 0.5)
    for value in (0.0, 4.0):
        nn.init.constant_(learner.running_mean, value)  # type: ignore[arg-type]
        mean.update_parameters(learner)
    assert float(mean.module.state_dict()["running_mean"]) == pytest.approx(4 * (1 - 2 / 11))
