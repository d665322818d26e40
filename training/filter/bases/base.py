"""The base `f_c` with its bottleneck: from a face to an embedding without noise."""

import torch
from torch import Tensor, nn

from training.filter.bases.inception import inception_layers
from training.filter.bases.mobile import mobile_layers
from training.filter.bases.plain import plain_layers
from training.filter.bases.residual import residual_layers
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
        created, width = _created(side, filters, layers)
        self.layers = nn.Sequential(Standardise(), created)
        self.dropout = nn.Dropout(0.3)
        self.bottleneck = nn.Linear(width, dimension)
        self.norm = nn.BatchNorm1d(dimension, affine=False)

    def forward(self, face: Tensor) -> Tensor:
        """(N, H, W) grey levels to (N, D) embeddings without noise, unit variance a dimension."""
        squeezed = self.bottleneck(self.dropout(self.layers(face)))
        embedding: Tensor = self.norm(squeezed.float())
        return embedding


def _created(side: int, filters: tuple[int, ...], layers: Layers) -> tuple[nn.Sequential, int]:
    """Layers from (N, 1, side, side) to (N, F), and F."""
    match layers:
        case Layers.PLAIN:
            return plain_layers(side, filters)
        case Layers.RESIDUAL | Layers.ATTENTION:
            return residual_layers(side, filters, attention=layers is Layers.ATTENTION)
        case Layers.MOBILE:
            return mobile_layers(filters)
        case Layers.INCEPTION:
            return inception_layers(filters)
