"""Algorithm 1 changes in each line what that line is to change, and nothing else."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.training.reproduction.made_up import TINY, made_up_fold
from training.paper import algorithm
from training.paper.algorithm import adversarial_phase, hybrid, retraining_phase
from training.paper.networks import Networks
from training.paper.preset import Material
from training.paper.training import fresh_head, new_networks, train_for
from training.studies.reproduction.paper_systems import material_of


@pytest.fixture(scope="module")
def material() -> Material:
    torch.set_num_threads(1)
    return material_of(made_up_fold(), TINY, copies_seed=0)


@pytest.fixture
def networks(material: Material) -> Networks:
    torch.manual_seed(0)
    return new_networks(material, TINY)


def _changed(networks: Networks, before: Networks) -> set[str]:
    return {
        name
        for name in ("base", "emotion", "identity")
        if any(
            not torch.equal(now, then)
            for now, then in zip(
                getattr(networks, name).parameters(),
                getattr(before, name).parameters(),
                strict=True,
            )
        )
    }


def _adam(*modules: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam([p for module in modules for p in module.parameters()], 1e-3)


def test_line_1_trains_all_three(material: Material, networks: Networks) -> None:
    before = copy.deepcopy(networks)
    train_for(material, TINY, networks, emotion=1.0, identity=0.5)
    assert _changed(networks, before) == {"base", "emotion", "identity"}


def test_a_system_for_emotion_alone_leaves_the_identity_head(
    material: Material, networks: Networks
) -> None:
    before = copy.deepcopy(networks)
    train_for(material, TINY, networks, emotion=1.0, identity=0.0)
    assert _changed(networks, before) == {"base", "emotion"}


def test_line_3_leaves_the_identity_head(material: Material, networks: Networks) -> None:
    before = copy.deepcopy(networks)
    adversarial_phase(material, TINY, networks, _adam(networks.base, networks.emotion))
    assert _changed(networks, before) == {"base", "emotion"}
    assert all(p.requires_grad for p in networks.identity.parameters())


def test_line_3_misleads_the_identity_head(material: Material, networks: Networks) -> None:
    train_for(material, replace(TINY, epochs=10), networks, emotion=1.0, identity=0.5)

    def named() -> float:
        with torch.no_grad():
            logits = networks.identity(networks.base(material.learned.face))
        return float(nn.functional.cross_entropy(logits, material.learned.person))

    before = named()
    adversarial_phase(material, TINY, networks, _adam(networks.base, networks.emotion))
    assert named() > before


def test_line_3_ends_once_the_head_is_fooled(material: Material, networks: Networks) -> None:
    before = copy.deepcopy(networks)
    fooled = replace(TINY, fooled=0.0)
    adversarial_phase(material, fooled, networks, _adam(networks.base, networks.emotion))
    assert _changed(networks, before) == set()
    assert all(p.requires_grad for p in networks.identity.parameters())


def test_line_4_trains_the_identity_head_alone(material: Material, networks: Networks) -> None:
    before = copy.deepcopy(networks)
    generator = torch.Generator().manual_seed(0)
    retraining_phase(material, TINY, networks, generator)
    assert _changed(networks, before) == {"identity"}


def test_a_fresh_head_leaves_its_base(material: Material, networks: Networks) -> None:
    before = copy.deepcopy(networks)
    new, _ = fresh_head(material, TINY, networks.base, identity=True)
    assert _changed(networks, before) == set()
    assert new[-1].out_features == material.people


def test_both_phases_come_once_in_each_iteration_in_their_order(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    visited: list[str] = []
    for name in ("adversarial_phase", "retraining_phase"):
        real = getattr(algorithm, name)

        def counting(*arguments: object, name: str = name, real: object = real) -> object:
            visited.append(name)
            return real(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(algorithm, name, counting)
    called: list[int] = []
    hybrid(material, TINY, seed=0, progress=lambda: called.append(1))
    assert visited == ["adversarial_phase", "retraining_phase"] * TINY.iterations
    assert len(called) == TINY.iterations


def test_the_same_seed_gives_the_same_networks(material: Material) -> None:
    one, other = (hybrid(material, TINY, seed=4).networks for _ in range(2))
    assert _changed(one, other) == set()


def test_what_is_handed_back_has_the_fooled_head_of_its_own_base(material: Material) -> None:
    made = hybrid(material, TINY, seed=0)
    assert made.fooled is not made.networks.identity
    released = made.networks.base(material.checked.face)
    assert made.fooled(released).shape == (len(material.checked.face), material.people)
