"""The networks are those of the paper."""

import pytest
import torch
from torch import nn

from training.paper.networks import Networks, reinitialise
from training.paper.preset import Preset


def _networks() -> Networks:
    torch.manual_seed(0)
    return Networks(48, emotions=7, people=10, filters=Preset().filters, hidden=Preset().hidden)


def test_the_base_has_three_convolutions_of_three_by_three_with_stride_one() -> None:
    layers = [m for m in _networks().base.modules() if isinstance(m, nn.Conv2d)]
    assert [(m.kernel_size, m.stride) for m in layers] == [((3, 3), (1, 1))] * 3


@pytest.mark.parametrize("name", ["emotion", "identity"])
def test_a_head_has_three_fully_connected_layers(name: str) -> None:
    head = getattr(_networks(), name)
    assert sum(isinstance(layer, nn.Linear) for layer in head.modules()) == 3


def test_a_crop_becomes_one_flat_map_and_logits() -> None:
    networks = _networks()
    released = networks.base(torch.zeros(2, 48, 48, dtype=torch.uint8))
    assert released.shape == (2, networks.base.dimension)
    assert networks.emotion(released).shape == (2, 7)
    assert networks.identity(released).shape == (2, 10)


def test_layers_are_made_anew_by_chance() -> None:
    head, generator = _networks().identity, torch.Generator().manual_seed(0)
    before = [p.clone() for p in head.parameters()]
    assert reinitialise(head, 0.0, generator) == 0
    assert all(torch.equal(a, b) for a, b in zip(before, head.parameters(), strict=True))
    assert reinitialise(head, 1.0, generator) == 3
    assert not any(torch.equal(a, b) for a, b in zip(before, head.parameters(), strict=True))
    made = [reinitialise(head, 0.5, generator) for _ in range(40)]
    assert 40 < sum(made) < 80
