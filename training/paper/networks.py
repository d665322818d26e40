"""The paper's base `f_c`; its heads are `training.filter.networks.head`."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from training.filter.bases.base import Standardise
from training.filter.networks import head


class PaperBase(nn.Module):
    """`f_c`: 3 x 3 convolutions with stride 1 and ReLU (Narula et al. 2020, section 3).

    What the paper leaves open, and is chosen here so that two cores finish: each convolution is
    followed by a 2 x 2 maximum, filters double from layer to layer, and crops are standardised one
    by one. There is no normalisation and no dropout. What is released is the flattened map.
    """

    def __init__(self, side: int, filters: tuple[int, ...]) -> None:
        """Makes the layers.

        Args:
            side: height and width of the crops, in pixels.
            filters: of each convolution.
        """
        super().__init__()
        layers: list[nn.Module] = [Standardise()]
        for before, after in zip((1, *filters), filters, strict=False):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            side //= 2
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.dimension = filters[-1] * side * side

    def forward(self, face: Tensor) -> Tensor:
        """(N, H, W) uint8 grey levels to the map, float32 (N, D)."""
        released: Tensor = self.layers(face)
        return released


class Networks(nn.Module):
    """`f_c`, `f_e` and `f_i` together; each head of three fully connected layers."""

    def __init__(
        self,
        side: int,
        emotions: int,
        people: int,
        filters: tuple[int, ...],
        hidden: tuple[int, ...],
    ) -> None:
        """Makes the layers.

        Args:
            side: height and width of the crops, in pixels.
            emotions: how many `f_e` tells apart.
            people: how many `f_i` tells apart.
            filters: of each convolution.
            hidden: widths of a head's first two layers.
        """
        super().__init__()
        self.base = PaperBase(side, filters)
        self.emotion = head(self.base.dimension, emotions, hidden)
        self.identity = head(self.base.dimension, people, hidden)


def reinitialise(module: nn.Module, chance: float, generator: torch.Generator) -> int:
    """Makes each fully connected layer anew with some probability, each on its own.

    Args:
        module: changed in place.
        chance: of each layer, in [0, 1].
        generator: which layers.

    Returns:
        How many layers were made anew.
    """
    chosen = [
        layer for layer in _linear(module) if float(torch.rand(1, generator=generator)) < chance
    ]
    for layer in chosen:
        layer.reset_parameters()
    return len(chosen)


def _linear(module: nn.Module) -> Iterator[nn.Linear]:
    return (layer for layer in module.modules() if isinstance(layer, nn.Linear))
