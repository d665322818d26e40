"""The networks: the convolutional base `f_c` with its bottleneck, and the heads on top of it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.filter.recipe import Layers


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


class SelfAttention(nn.Module):
    """Lets every place of a map look at all others, and adds what it finds.

    Vaswani et al. 2017, "Attention is all you need", sections 3.2 and 3.3, with the normalisation
    before each part (Xiong et al. 2020, "On layer normalization in the transformer architecture")
    and a learned vector for each place (Dosovitskiy et al. 2021, "An image is worth 16x16 words",
    section 3.1).
    """

    HEADS = 4

    def __init__(self, width: int, places: int) -> None:
        """Makes the layers.

        Args:
            width: of the map, C; a multiple of `HEADS`.
            places: of the map, H x W.
        """
        super().__init__()
        self.place = nn.Parameter(torch.randn(places, width) * 0.02)
        self.before_looking = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.found = nn.Linear(width, width)
        self.before_thinking = nn.LayerNorm(width)
        self.thought = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H, W)."""
        places = features.flatten(2).transpose(1, 2) + self.place  # (N, H x W, C)
        count, _, width = places.shape
        by_head = self.query_key_value(self.before_looking(places))
        by_head = by_head.view(count, -1, 3, self.HEADS, width // self.HEADS)
        query, key, value = by_head.permute(2, 0, 3, 1, 4)  # (N, heads, H x W, C / heads) each
        looked = functional.scaled_dot_product_attention(query, key, value)
        places = places + self.found(looked.transpose(1, 2).flatten(2))
        places = places + self.thought(self.before_thinking(places))
        looked_at: Tensor = places.transpose(1, 2).reshape(features.shape)
        return looked_at


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
        layers: Layers = Layers.RESIDUAL,
    ) -> None:
        """Makes the layers.

        Args:
            side: height and width of the crops, in pixels.
            dimension: of the embedding, D.
            filters: of each convolution, or of each block of them.
            layers: of what it is made.
        """
        super().__init__()
        self.dimension = dimension
        if layers == Layers.PLAIN:
            made, width = plain_layers(side, filters)
        else:
            made, width = residual_layers(side, filters, attention=layers == Layers.ATTENTION)
        self.layers = nn.Sequential(Standardise(), made)
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
