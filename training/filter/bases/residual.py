"""A base of residual blocks, with self-attention over its last map if that is wanted."""

from torch import Tensor, nn
from torch.nn import functional

from training.filter.bases.attention import SelfAttention


class Residual(nn.Module):
    """Two 3 x 3 convolutions whose result is added to what came in.

    He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", section 3, figure 2,
    with a batch normalisation after each convolution; what came in goes through a 1 x 1 convolution
    where its shape differs.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.changed = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.kept = nn.Sequential()
        if (before, stride) != (after, 1):
            self.kept = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, features: Tensor) -> Tensor:
        """(N, before, H, W) to (N, after, H / stride, W / stride)."""
        return functional.relu(self.changed(features) + self.kept(features))


def residual_layers(
    side: int, filters: tuple[int, ...], *, attention: bool
) -> tuple[nn.Sequential, int]:
    """A convolution at half the crop's size, then a residual block for each of the filters.

    Each block but the first halves the map; the mean over what is left of it goes on.

    Args:
        side: height and width of the crops, in pixels.
        filters: of each block.
        attention: whether the places of the last map look at each other before the mean.

    Returns:
        The layers, from (N, 1, side, side) to (N, F), and F.
    """
    first = filters[0]
    layers: list[nn.Module] = [
        nn.Conv2d(1, first, 3, padding=1, bias=False),
        nn.BatchNorm2d(first),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    ]
    for number, (before, after) in enumerate(zip((first, *filters), filters, strict=False)):
        layers.append(Residual(before, after, 2 if number else 1))
        side = (side + 1) // 2 if number else side // 2  # of this block's map
    if attention:
        layers.append(SelfAttention(filters[-1], side * side))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), filters[-1]
