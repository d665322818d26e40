"""Training stops when held-out images get worse, and hands the best back."""

import torch
from torch import nn

from training.paper.fitting import Fit, batches, freeze, thaw, until_worse


class _Counter(nn.Module):
    """A weight that each epoch raises by one."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(()), requires_grad=False)

    def epoch(self) -> None:
        self.value.add_(1)


def _fitted(losses: list[float], epochs: int, patience: int) -> tuple[float, Fit]:
    counter, later = _Counter(), iter(losses)
    fit = until_worse([counter], counter.epoch, lambda: next(later), epochs, patience)
    return float(counter.value), fit


def test_the_weights_of_the_best_epoch_are_put_back() -> None:
    assert _fitted([3.0, 1.0, 2.0, 2.0], epochs=9, patience=2) == (2.0, Fit(1.0, converged=True))


def test_patience_starts_anew_with_each_better_epoch() -> None:
    assert _fitted([3.0, 4.0, 2.0, 4.0, 1.0], epochs=5, patience=2)[0] == 5.0


def test_a_training_that_is_cut_off_has_not_converged() -> None:
    assert _fitted([3.0, 2.0], epochs=2, patience=2) == (2.0, Fit(2.0, converged=False))


def test_a_loss_that_is_no_number_leaves_the_weights_as_they_were() -> None:
    assert _fitted([float("nan")] * 2, epochs=9, patience=2)[0] == 0.0


def test_an_epoch_has_every_row_once() -> None:
    rows = torch.cat(list(batches(10, 3)))
    assert sorted(rows.tolist()) == list(range(10))


def test_what_is_frozen_gets_no_gradient_until_it_is_thawed() -> None:
    layer = nn.Linear(2, 2)
    freeze(layer)
    assert not layer(torch.ones(1, 2)).requires_grad
    thaw(layer)
    assert layer(torch.ones(1, 2)).requires_grad
