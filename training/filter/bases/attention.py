"""Self-attention over the places of a map."""

import torch
from torch import Tensor, nn
from torch.nn import functional


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
