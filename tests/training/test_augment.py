"""A crop is changed as little as jitter says."""

import pytest
import torch
from torch import Tensor

from training.augment import augment


@pytest.fixture
def faces() -> Tensor:
    """A bright square right in the middle, sixteen times: mirrored, it is the same."""
    face = torch.full((16, 32, 32), 60, dtype=torch.uint8)
    face[:, 10:22, 10:22] = 200
    return face


def _misplaced(faces: Tensor, jitter: float) -> float:
    """Share of the pixels that change between bright and dark."""
    torch.manual_seed(0)
    bright = augment(faces, jitter)
    middle = bright.amin(dim=(1, 2), keepdim=True) / 2 + bright.amax(dim=(1, 2), keepdim=True) / 2
    return ((bright > middle) != (faces > 130)).float().mean().item()


def test_without_jitter_nothing_moves(faces: Tensor) -> None:
    assert _misplaced(faces, 0.0) == 0


def test_more_jitter_moves_more(faces: Tensor) -> None:
    assert 0 < _misplaced(faces, 0.5) < _misplaced(faces, 2.0)


def test_two_crops_are_changed_differently(faces: Tensor) -> None:
    changed = augment(faces, 1.0)
    assert changed.shape == faces.shape
    assert not torch.allclose(changed[0], changed[1])
