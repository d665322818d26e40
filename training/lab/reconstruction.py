"""The attacker who draws the face: from a released embedding back to a picture, and whose it is.

Dosovitskiy, Brox 2016, "Inverting visual representations with convolutional networks", section 3:
a decoder learns, by the squared difference of pixels, to draw what the filter was shown. Whoever
owns the filter can make as many pairs for it as they have pictures, of whomever. The decoder here
is fully connected, for the crops are small; what it draws is compared with real crops of people by
histograms of oriented gradients.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.baselines import hog
from training.filter.bases.base import Standardise

_SIDE = 24  # pixels that are drawn; then they grow to the crop's size
_HIDDEN = 512
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Decoder:
    """Draws faces.

    Attributes:
        network: from (N, D) embeddings to (N, _SIDE ** 2) standardised grey levels.
        side: of the crops, in pixels.
    """

    network: nn.Module
    side: int

    def draw(self, embedding: NDArray[np.float32]) -> NDArray[np.uint8]:
        """(N, D) embeddings to (N, side, side) grey levels, each stretched over their range."""
        with torch.no_grad():
            small = self.network(torch.from_numpy(embedding)).unflatten(1, (1, _SIDE, _SIDE))
            drawn = _resized(small, self.side).squeeze(1)
        low, high = drawn.amin(dim=(1, 2), keepdim=True), drawn.amax(dim=(1, 2), keepdim=True)
        grey: NDArray[np.uint8] = (255 * (drawn - low) / (high - low + 1e-6)).byte().numpy()
        return grey


def learn_decoder(
    embedding: NDArray[np.float32], crops: NDArray[np.uint8], *, steps: int = 1000, seed: int = 0
) -> Decoder:
    """Learns to draw crops from what is released of them.

    Args:
        embedding: (N, D), as the attacker gets it: with the noise of the level.
        crops: uint8, (N, H, H), of people who need not be those who are attacked.
        steps: updates.
        seed: of everything random.
    """
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Linear(embedding.shape[1], _HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(_HIDDEN, _HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(_HIDDEN, _SIDE**2),
    )
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    released = torch.from_numpy(embedding)
    shown = _resized(Standardise()(torch.from_numpy(crops)), _SIDE).flatten(1)
    for _ in range(steps):
        rows = torch.randint(0, len(released), (_BATCH,))
        loss = functional.mse_loss(network(released[rows]), shown[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return Decoder(network.eval(), crops.shape[1])


def looks(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What real and drawn crops are compared by: (N, F)."""
    return hog.features(crops)


def _resized(faces: Tensor, side: int) -> Tensor:
    """(N, 1, H, W) to (N, 1, side, side)."""
    return functional.interpolate(
        faces, (side, side), mode="bilinear", align_corners=False, antialias=True
    )
