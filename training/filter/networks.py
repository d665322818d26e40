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
    """What is exported: crop, noise and level in; released embedding and what is read in it out.

    All of that is computed from the released embedding, noise included: it tells nothing more.
    """

    def __init__(
        self, base: nn.Module, emotion_head: nn.Module, moves: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.base = base
        self.emotion_head = emotion_head
        self.moves = moves

    def forward(self, face: Tensor, noise: Tensor, sigma: Tensor) -> tuple[Tensor, ...]:
        """Releases.

        Args:
            face: uint8, (N, H, W), aligned grey crops.
            noise: float32, (N, D), standard normal.
            sigma: float32, (N,), size of the noise.

        Returns:
            The embedding, float32 (N, D), probabilities of emotions, float32 (N, E), and where
            moves are known, these: float32 (N, V).
        """
        embedding: Tensor = self.base(face) + noise * sigma.unsqueeze(1)
        emotion = functional.softmax(self.emotion_head(embedding), dim=1)
        return (embedding, emotion, *([self.moves(embedding)] if self.moves else []))
