"""Changes of a crop that leave emotion and person as they are."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

TURN_DEGREES = 10.0
SCALE = 0.08
SHIFT = 0.06
GAMMA_OCTAVES = 0.5
GRAIN = 4.0

# Of strong changes.
ASPECT = 0.06
COARSE = 0.25
"""Share of the crops that are seen at half their resolution."""
WIDE_GAMMA_OCTAVES = 0.7
SLOPE = 0.35
"""Most by which light from one side brightens that edge, and darkens the other."""
HOLES = 0.5
"""Share of the crops of which a part is hidden."""
HOLE_SIDES = (0.15, 0.45)
"""Height and width of what is hidden, at least and at most, as a part of the crop's side."""


def augment(face: Tensor, jitter: float, *, strong: bool = False) -> Tensor:
    """Mirrors, turns, scales, shifts, and changes gamma and grain, at random for each crop.

    Args:
        face: uint8, (N, H, W), grey levels.
        jitter: how far to turn, scale and shift, as a multiple of the constants above.
        strong: whether to change the aspect too, the resolution and the light, and to hide parts.

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
    across = mirror * (1 + spread() * ASPECT) if strong else mirror
    rows = (
        torch.stack([cosine * across, -sine, spread() * 2 * shift], dim=1),
        torch.stack([sine * across, cosine, spread() * 2 * shift], dim=1),
    )
    theta = torch.stack(rows, dim=1)  # (N, 2, 3)
    pixels = face.float().unsqueeze(1)
    grid = functional.affine_grid(theta, list(pixels.shape), align_corners=False)
    moved = functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    if strong:
        moved = _coarse(moved)
    moved = moved.squeeze(1)
    gamma = 2.0 ** (spread() * (WIDE_GAMMA_OCTAVES if strong else GAMMA_OCTAVES))
    curved = 255 * (moved.clamp(0, 255) / 255) ** gamma[:, None, None]
    if strong:
        curved = _with_holes(_lit_from_a_side(curved)).clamp(0, 255)
    return curved + torch.randn_like(curved) * GRAIN


def mixup(
    faces: Tensor, shares: Tensor, alpha: float, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Lays over each face a fainter one of the batch, and mixes what voters saw in the same part.

    Zhang, Cisse, Dauphin, Lopez-Paz 2018, "mixup: beyond empirical risk minimization", equation 1;
    one part for the batch, at least a half, so that each row still shows its own person most.

    Args:
        faces: float32, (N, H, W).
        shares: float32, (N, E).
        alpha: of the Beta(alpha, alpha) from which the part is drawn.
        generator: draws it.
    """
    part = float(generator.beta(alpha, alpha))
    part = max(part, 1 - part)
    # The rows of a batch come in no order, so the next one is as good as any.
    return (
        part * faces + (1 - part) * faces.roll(1, dims=0),
        part * shares + (1 - part) * shares.roll(1, dims=0),
    )


def _some(count: int, share: float, like: Tensor) -> Tensor:
    """Which crops are chosen: bool, (N, 1, 1)."""
    return (torch.rand(count, device=like.device) < share)[:, None, None]


def _coarse(pixels: Tensor) -> Tensor:
    """Some of the crops, (N, 1, H, W), at half their resolution, as from a small face."""
    halved = functional.interpolate(
        functional.avg_pool2d(pixels, 2),
        size=list(pixels.shape[2:]),
        mode="bilinear",
        align_corners=False,
    )
    return torch.where(_some(len(pixels), COARSE, pixels)[:, None], halved, pixels)


def _lit_from_a_side(face: Tensor) -> Tensor:
    """(N, H, W), brighter towards a side of its own for each crop."""
    count, height, width = face.shape
    side = torch.rand(count, 1, 1, device=face.device) * 2 * math.pi
    slope = torch.rand(count, 1, 1, device=face.device) * SLOPE
    down = torch.linspace(-1, 1, height, device=face.device)[None, :, None]
    right = torch.linspace(-1, 1, width, device=face.device)[None, None, :]
    return face * (1 + slope * (torch.cos(side) * right + torch.sin(side) * down))


def _with_holes(face: Tensor) -> Tensor:
    """(N, H, W), some with a rectangle of their mean grey level somewhere.

    Zhong, Zheng, Kang, Li, Yang 2020, "Random erasing data augmentation", section 3.
    """
    count = len(face)
    least, most = HOLE_SIDES
    inside = _some(count, HOLES, face)
    for axis in (1, 2):
        side = face.shape[axis]
        half = (torch.rand(count, device=face.device) * (most - least) + least) * side / 2
        centre = torch.rand(count, device=face.device) * side
        pixel = torch.arange(side, device=face.device)
        within = (pixel[None, :] - centre[:, None]).abs() < half[:, None]
        inside = inside & within.unsqueeze(3 - axis)
    return torch.where(inside, face.mean(dim=(1, 2), keepdim=True), face)
