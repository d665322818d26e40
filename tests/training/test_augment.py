"""A crop is changed as little as jitter says."""

import numpy as np
import pytest
import torch
from torch import Tensor

from training.filter.augment import GRAIN, _lit_from_a_side, _with_holes, augment, mixup


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


def test_strong_changes_move_more_and_stay_grey_levels(faces: Tensor) -> None:
    torch.manual_seed(0)
    strong = augment(faces, 0.0, strong=True)
    assert (_bright(strong) != _bright(faces)).float().mean() > 0.005
    assert strong.min() > -GRAIN * 6
    assert strong.max() < 255 + GRAIN * 6


def test_about_half_of_the_crops_have_a_hole_of_one_grey() -> None:
    torch.manual_seed(0)
    face = torch.rand(400, 32, 32) * 200
    holed = (_with_holes(face) != face).float().mean(dim=(1, 2))
    assert 0.4 < (holed > 0).float().mean() < 0.6
    assert holed.max() < 0.25


def test_light_from_a_side_brightens_one_edge_by_what_it_takes_from_the_other() -> None:
    torch.manual_seed(0)
    lit = _lit_from_a_side(torch.full((50, 31, 31), 100.0))
    torch.testing.assert_close(lit[:, 15, 15], torch.full((50,), 100.0))
    torch.testing.assert_close(lit + lit.flip(1, 2), torch.full((50, 31, 31), 200.0))
    assert lit.std(dim=(1, 2)).max() > 10


def test_mixup_mixes_votes_as_it_mixes_faces() -> None:
    faces = torch.eye(4)[:, :, None] * 100
    mixed, votes = mixup(faces, torch.eye(4), 0.2, np.random.default_rng(3))
    torch.testing.assert_close(mixed[:, :, 0] / 100, votes)
    torch.testing.assert_close(votes.sum(dim=1), torch.ones(4))
    own = votes.diagonal()
    assert ((own >= 0.5) & (own < 1)).all()
    assert torch.equal(votes.argmax(dim=1), torch.arange(4))
