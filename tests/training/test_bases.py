"""The bases: each reads a crop, all of the size that the edge allows, under the names they had."""

import hashlib

import pytest
import torch
from torch import nn

from training.filter.bases.base import Base
from training.filter.bases.inception import Inception
from training.filter.bases.mobile import InvertedResidual
from training.filter.recipe import Layers, Recipe
from training.studies.expressions import READING
from training.studies.frontier.variants import BASES

LARGEST = 1_250_000
SAVED = {
    Layers.PLAIN: "b21c5da4007a901c",
    Layers.RESIDUAL: "b5a198c677bb379a",
    Layers.ATTENTION: "15a569a7dde9fc89",
}


@pytest.mark.parametrize("layers", BASES)
@pytest.mark.parametrize("dimension", [Recipe().dimension, READING.dimension])
def test_a_base_that_is_tried_is_small_enough_for_the_edge(layers: Layers, dimension: int) -> None:
    base = Base(48, dimension, BASES[layers][1], layers)
    assert 300_000 < sum(value.numel() for value in base.parameters()) < LARGEST


@pytest.mark.parametrize("preset", [Recipe(), READING])
def test_the_presets_are_small_enough_too(preset: Recipe) -> None:
    assert BASES[preset.layers][1] == preset.filters


@pytest.mark.parametrize("layers", SAVED)
def test_saved_filters_still_load(layers: Layers) -> None:
    state = Base(16, 4, (4, 8), layers).state_dict()
    named = repr(sorted((name, tuple(value.shape)) for name, value in state.items()))
    assert hashlib.sha256(named.encode()).hexdigest()[:16] == SAVED[layers]


@pytest.mark.parametrize("layers", Layers)
@pytest.mark.parametrize("side", [16, 48])
def test_every_value_of_a_base_learns(layers: Layers, side: int) -> None:
    torch.manual_seed(0)
    base = Base(side, 4, (4, 8, 8), layers)
    embedding = base(torch.rand(6, side, side) * 255)
    assert embedding.shape == (6, 4)
    (embedding * torch.arange(24.0).view(6, 4).sin()).sum().backward()
    idle = {
        name
        for name, value in base.named_parameters()
        if value.grad is None or not value.grad.any()
    }
    assert idle <= {"bottleneck.bias"}, "the normalisation takes it away"


def test_an_inverted_residual_adds_to_what_came_in_where_it_can() -> None:
    came_in = torch.rand(2, 4, 6, 6)
    for block, same in (
        (InvertedResidual(4, 4, 1), True),
        (InvertedResidual(4, 4, 2), False),
        (InvertedResidual(4, 8, 1), False),
    ):
        last = block.changed[-1]
        assert isinstance(last, nn.BatchNorm2d)
        nn.init.zeros_(last.weight)
        went_out = block(came_in)
        assert torch.equal(went_out, came_in) if same else not went_out.any()


def test_a_depthwise_convolution_looks_at_one_channel() -> None:
    depthwise = InvertedResidual(2, 2, 1).changed[3]
    before = torch.zeros(1, 8, 5, 5)
    after = before.clone()
    after[0, 3] = 1.0
    changed = (depthwise(after) != depthwise(before)).any(dim=(0, 2, 3))
    assert changed.nonzero().flatten().tolist() == [3]


def test_kernels_of_several_sizes_look_side_by_side() -> None:
    torch.manual_seed(0)
    module = Inception(8, 16).eval()
    blank = torch.zeros(1, 8, 9, 9)
    dotted = blank.clone()
    dotted[0, :, 4, 4] = 100.0
    reached = [
        int((kernel(dotted) != kernel(blank)).any(dim=1).any(dim=1).sum())
        for kernel in module.kernels
    ]
    assert reached == [1, 3, 5, 3]
    assert module(dotted).shape == (1, 16, 9, 9)
