"""The networks: the convolutional base `f_c` with its bottleneck, and the heads on top of it."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Standardise(nn.Module):
    """Grey levels to zero mean and unit variance, image by image.

    Takes away what the camera and the light decided, before anything is learned from it.
    """

    def forward(self, face: Tensor) -> Tensor:
        """(N, H, W) uint8 or float grey levels to (N, 1, H, W) float."""
        pixels = face.float().unsqueeze(1)
        centred = pixels - pixels.mean(dim=(2, 3), keepdim=True)
        variance = (centred * centred).mean(dim=(2, 3), keepdim=True)
        # Half a grey level: a blank crop comes out as zeros.
        return centred / torch.sqrt(variance + 0.25)


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


def residual_layers(filters: tuple[int, ...]) -> tuple[nn.Sequential, int]:
    """A convolution at half the crop's size, then a residual block for each of the filters.

    Each block but the first halves the map; the mean over what is left of it goes on.

    Args:
        filters: of each block.

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
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), filters[-1]


class Base(nn.Module):
    """`f_c`, the convolutional base, with a bottleneck to the embedding.

    The embedding is normalised without a learned scale, so that each of its D dimensions has unit
    variance and noise of a given size means the same in all.
    """

    def __init__(
        self,
        side: int,
        dimension: int,
        filters: tuple[int, ...] = (32, 64, 128, 256),
        *,
        residual: bool = True,
    ) -> None:
        """Makes the layers.

        Args:
            side: height and width of the crops, in pixels.
            dimension: of the embedding, D.
            filters: of each convolution, or of each residual block.
            residual: whether it is made of residual blocks, or of the paper's plain layers.
        """
        super().__init__()
        self.dimension = dimension
        layers, width = residual_layers(filters) if residual else plain_layers(side, filters)
        self.layers = nn.Sequential(Standardise(), layers)
        self.dropout = nn.Dropout(0.3)
        self.bottleneck = nn.Linear(width, dimension)
        self.norm = nn.BatchNorm1d(dimension, affine=False)

    def forward(self, face: Tensor) -> Tensor:
        """(N, H, W) grey levels to (N, D) embeddings without noise, unit variance a dimension."""
        squeezed = self.bottleneck(self.dropout(self.layers(face)))
        embedding: Tensor = self.norm(squeezed.float())
        return embedding


def head(dimension: int, classes: int, hidden: tuple[int, ...]) -> nn.Sequential:
    """A head of fully connected layers with ReLU; its outputs are logits.

    Three layers, as `hidden=(128, 64)` gives, are the paper's `f_e` and `f_i` (section 3).
    """
    layers: list[nn.Module] = []
    for before, after in zip((dimension, *hidden), hidden, strict=False):
        layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear((dimension, *hidden)[-1], classes))


class ReleasedFilter(nn.Module):
    """What is exported: crop, noise and level in; released embedding and its emotion out.

    The emotion is computed from the released embedding, noise included: it tells nothing more.
    """

    def __init__(self, base: nn.Module, emotion_head: nn.Module) -> None:
        super().__init__()
        self.base = base
        self.emotion_head = emotion_head

    def forward(self, face: Tensor, noise: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """Releases.

        Args:
            face: uint8, (N, H, W), aligned grey crops.
            noise: float32, (N, D), standard normal.
            sigma: float32, (N,), size of the noise.

        Returns:
            The embedding, float32 (N, D), and probabilities of emotions, float32 (N, E).
        """
        embedding: Tensor = self.base(face) + noise * sigma.unsqueeze(1)
        return embedding, functional.softmax(self.emotion_head(embedding), dim=1)
