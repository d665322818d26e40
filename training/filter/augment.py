"""Small changes of a crop that leave emotion and person as they are."""

import math

import torch
from torch import Tensor
from torch.nn import functional

TURN_DEGREES = 10.0
SCALE = 0.08
SHIFT = 0.06
GAMMA_OCTAVES = 0.5
GRAIN = 4.0


def augment(face: Tensor, jitter: float) -> Tensor:
    """Mirrors, turns, scales, shifts, and changes gamma and grain, at random for each crop.

    Args:
        face: uint8, (N, H, W), grey levels.
        jitter: how far to turn, scale and shift, as a multiple of the constants above.

    Returns:
        float32, (N, H, W), grey levels.
    """
    count, device = len(face), face.device

    def spread() -> Tensor:
        return torch.rand(count, device=device) * 2 - 1

    angle = spread() * math.radians(TURN_DEGREES) * jitter
    scale = 1 + spread() * SCALE * jitter
    shift = SHIFT * jitter
    mirror = torch.randint(0, 2, (count,), device=device) * 2.0 - 1.0
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = (
        torch.stack([cosine * mirror, -sine, spread() * 2 * shift], dim=1),
        torch.stack([sine * mirror, cosine, spread() * 2 * shift], dim=1),
    )
    theta = torch.stack(rows, dim=1)  # (N, 2, 3)
    pixels = face.float().unsqueeze(1)
    grid = functional.affine_grid(theta, list(pixels.shape), align_corners=False)
    moved = functional.grid_sample(
        pixels, grid, padding_mode="border", align_corners=False
    ).squeeze(1)
    gamma = 2.0 ** (spread() * GAMMA_OCTAVES)
    curved = 255 * (moved.clamp(0, 255) / 255) ** gamma[:, None, None]
    return curved + torch.randn_like(curved) * GRAIN
