"""A crop is changed as little as jitter says."""

import pytest
import torch
from torch import Tensor

from training.filter.augment import augment


@pytest.fixture
def faces() -> Tensor:
    """A bright square right in the middle, sixteen times: mirrored, it is the same."""
    face = torch.full((16, 32, 32), 60, dtype=torch.uint8)
    face[:, 10:22, 10:22] = 200
    return face


def _bright(crops: Tensor) -> Tensor:
    """Which pixels are nearer to the brightest than to the darkest of their crop."""
    crops = crops.float()
    return crops > (crops.amin(dim=(1, 2), keepdim=True) + crops.amax(dim=(1, 2), keepdim=True)) / 2


def _misplaced(faces: Tensor, jitter: float) -> float:
    """Share of the pixels that change between bright and dark."""
    torch.manual_seed(0)
    return (_bright(augment(faces, jitter)) != _bright(faces)).float().mean().item()


def test_without_jitter_nothing_moves(faces: Tensor) -> None:
    assert _misplaced(faces, 0.0) == 0


def test_more_jitter_moves_more(faces: Tensor) -> None:
    assert 0 < _misplaced(faces, 0.5) < _misplaced(faces, 2.0)


def test_two_crops_are_moved_differently(faces: Tensor) -> None:
    moved = _bright(augment(faces, 1.0))
    assert moved.shape == faces.shape
    assert not torch.equal(moved[0], moved[1])
