"""Commands have the preset's values where nothing else is asked for."""

from collections.abc import Callable
from inspect import signature

import pytest

from training.commands.train import train
from training.commands.unseen import unseen
from training.filter.algorithm import Recipe


@pytest.mark.parametrize("command", [train, unseen])
def test_sets_are_mixed_as_in_the_preset(command: Callable[..., None]) -> None:
    assert signature(command).parameters["mixing"].default == Recipe().mixing
