"""The paper's base: convolutions one after another."""

from torch import nn


def plain_layers(side: int, filters: tuple[int, ...]) -> tuple[nn.Sequential, int]:
    """A 3 x 3 convolution with stride 1 and ReLU for each of the filters (Narula et al. 2020, §3).

    The paper leaves open how the map shrinks: here a 2 x 2 maximum after each convolution, and a
    batch normalisation before it.

    Args:
        side: height and width of the crops, in pixels.
        filters: of each convolution.

    Returns:
        The layers, from (N, 1, side, side) to (N, F), and F.
    """
    layers: list[nn.Module] = []
    for before, after in zip((1, *filters), filters, strict=False):
        layers += [
            nn.Conv2d(before, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        ]
        side //= 2
    return nn.Sequential(*layers, nn.Flatten()), filters[-1] * side * side
