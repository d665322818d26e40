"""The heads on top of the base, and the network that is exported."""

from torch import Tensor, nn
from torch.nn import functional


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
