"""A base of inverted residuals, in which depthwise convolutions look at each channel by itself.

Sandler, Howard, Zhu, Zhmoginov, Chen 2018, "MobileNetV2: inverted residuals and linear
bottlenecks", section 3.
"""

from torch import Tensor, nn

EXPANSION = 4
"""t: how much wider a map is where it is looked at. There it is 6, at a size beyond ours."""

BLOCKS = 2
"""Of each width, n."""


class InvertedResidual(nn.Module):
    """A 1 x 1 convolution widens the map, a depthwise 3 x 3 one looks, another 1 x 1 narrows it.

    The result is added to what came in where both have one shape. Nothing bends it: a ReLU on few
    channels would lose too much (section 3.2 there).
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        wide = EXPANSION * before
        self.added = (before, stride) == (after, 1)
        self.changed = nn.Sequential(
            nn.Conv2d(before, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(inplace=True),
            nn.Conv2d(wide, wide, 3, stride, padding=1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(inplace=True),
            nn.Conv2d(wide, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, before, H, W) to (N, after, H / stride, W / stride)."""
        changed: Tensor = self.changed(features)
        return features + changed if self.added else changed


def mobile_layers(filters: tuple[int, ...]) -> tuple[nn.Sequential, int]:
    """A convolution at half the crop's size, then inverted residuals for each of the filters.

    Each width but the first halves the map; the mean over what is left of it goes on.

    Args:
        filters: of the blocks of each width.

    Returns:
        The layers, from (N, 1, side, side) to (N, F), and F.
    """
    first = filters[0]
    layers: list[nn.Module] = [
        nn.Conv2d(1, first, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(first),
        nn.ReLU6(inplace=True),
    ]
    for number, (before, after) in enumerate(zip((first, *filters), filters, strict=False)):
        layers.append(InvertedResidual(before, after, 2 if number else 1))
        layers += [InvertedResidual(after, after, 1) for _ in range(BLOCKS - 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), filters[-1]
