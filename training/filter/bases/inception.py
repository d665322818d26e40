"""A base of modules in which kernels of several sizes look at one map side by side.

Szegedy et al. 2015, "Going deeper with convolutions", section 4 and figure 2(b), with a batch
normalisation after each convolution (Ioffe, Szegedy 2015).
"""

import torch
from torch import Tensor, nn

MODULES = 2
"""Of each width."""


class Inception(nn.Module):
    """1 x 1, 3 x 3 and 5 x 5 convolutions and a maximum over 3 x 3, joined.

    Before the larger kernels, and after the maximum, a 1 x 1 convolution narrows the map. Half of
    the channels come from the 3 x 3 convolution, a quarter from the 1 x 1, an eighth each from the
    other two, about as there.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        small, large = max(1, after // 4), max(1, after // 8)
        middle = after - small - 2 * large
        narrow = max(1, after * 3 // 8)
        self.kernels = nn.ModuleList(
            [
                _convolution(before, small, 1),
                nn.Sequential(_convolution(before, narrow, 1), _convolution(narrow, middle, 3)),
                nn.Sequential(_convolution(before, large, 1), _convolution(large, large, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, padding=1), _convolution(before, large, 1)),
            ]
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, before, H, W) to (N, after, H, W)."""
        return torch.cat([kernel(features) for kernel in self.kernels], dim=1)


def inception_layers(filters: tuple[int, ...]) -> tuple[nn.Sequential, int]:
    """A convolution at half the crop's size, then modules for each of the filters.

    A maximum halves the map before each width but the first; the mean over what is left of it goes
    on.

    Args:
        filters: of the modules of each width, at least 4 each.

    Returns:
        The layers, from (N, 1, side, side) to (N, F), and F.
    """
    first = filters[0]
    layers: list[nn.Module] = [_convolution(1, first, 3), nn.MaxPool2d(2)]
    for number, (before, after) in enumerate(zip((first, *filters), filters, strict=False)):
        if number:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        layers.append(Inception(before, after))
        layers += [Inception(after, after) for _ in range(MODULES - 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), filters[-1]


def _convolution(before: int, after: int, size: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, size, padding=size // 2, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )
