"""Gradient descent with early stopping: what every part of the paper's training is made of."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Fit:
    """How a training went.

    Attributes:
        loss: the best on the inner split; infinity where it was never a number.
        converged: whether it came to an end by itself.
    """

    loss: float
    converged: bool


def until_worse(
    modules: Sequence[nn.Module],
    epoch: Callable[[], None],
    loss: Callable[[], float],
    epochs: int,
    patience: int,
) -> Fit:
    """Trains until the loss on held-out images stays above its best, and puts the best back.

    Args:
        modules: what `epoch` changes.
        epoch: one pass over the images that are learned from.
        loss: on the images of the inner split, which are not learned from.
        epochs: at most.
        patience: epochs without a better loss after which training ends.
    """
    best, waited = float("inf"), 0
    states = [copy.deepcopy(module.state_dict()) for module in modules]
    for _ in range(epochs):
        epoch()
        now = loss()
        if now < best:
            best, waited = now, 0
            states = [copy.deepcopy(module.state_dict()) for module in modules]
        else:
            waited += 1
            if waited >= patience:
                break
    for module, state in zip(modules, states, strict=True):
        module.load_state_dict(state)
    return Fit(best, converged=waited >= patience)


def batches(count: int, size: int) -> Iterator[Tensor]:
    """All rows once, in a random order, `size` at a time: int64 tensors."""
    yield from torch.randperm(count).split(size)


def in_parts(module: nn.Module, rows: Tensor) -> Tensor:
    """A module's answer on many rows, without gradients."""
    module.eval()
    with torch.no_grad():
        return torch.cat([module(part) for part in rows.split(512)])


def freeze(*modules: nn.Module) -> None:
    """Keeps gradients out of modules, and so their weights as they are."""
    for module in modules:
        module.requires_grad_(False)


def thaw(*modules: nn.Module) -> None:
    """Lets modules learn again."""
    for module in modules:
        module.requires_grad_(True)
