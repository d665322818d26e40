"""Algorithm 1 of Narula, Wang, Chaspari 2020 (arXiv 2001.06103)."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from training.paper.fitting import Fit, batches, freeze, in_parts, thaw
from training.paper.networks import Networks, reinitialise
from training.paper.preset import Material, Preset, Sample
from training.paper.training import adam, new_networks, train_for, train_head

Progress = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Hybrid:
    """What Algorithm 1 makes.

    Attributes:
        networks: as line 4 leaves them.
        fooled: `f_i` as line 3 left it, which the same base was trained to mislead.
    """

    networks: Networks
    fooled: nn.Module


def hybrid(
    material: Material, preset: Preset, *, seed: int, progress: Progress = lambda: None
) -> Hybrid:
    """Algorithm 1.

    Early stopping holds for the iterations too: the networks that are handed back are those of the
    iteration in which, after line 4, `L_e - beta * min(L_i, ln K)` on the inner split was lowest.
    `L_i` is cut at ln K, because an adversary that knows less than nothing is a broken one.

    Args:
        material: of the fold; nothing else is looked at.
        preset: how.
        seed: of everything random.
        progress: called after each iteration.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    networks = new_networks(material, preset)
    train_for(material, preset, networks, emotion=1.0, identity=preset.alpha)  # line 1
    optimiser = adam(preset, networks.base, networks.emotion)
    ignorance = {"emotion": math.log(material.emotions), "identity": math.log(material.people)}
    lowest, best = float("inf"), Hybrid(copy.deepcopy(networks), copy.deepcopy(networks.identity))
    for _ in range(preset.iterations):  # line 2
        adversarial_phase(material, preset, networks, optimiser)
        fooled = copy.deepcopy(networks.identity)
        named = retraining_phase(material, preset, networks, generator)
        read = _emotion_loss(material.checked, networks)
        score = read - preset.beta * min(named.loss, ignorance["identity"])
        if score < lowest:
            lowest, best = score, Hybrid(copy.deepcopy(networks), fooled)
        if not read <= ignorance["emotion"]:
            reinitialise(networks.emotion, preset.reinitialised, generator)
        progress()
    return best


def adversarial_phase(
    material: Material, preset: Preset, networks: Networks, optimiser: torch.optim.Optimizer
) -> None:
    """Line 3: `f_i` frozen, `f_c` and `f_e` trained by `min L_e - beta * L_i`."""
    freeze(networks.identity)
    enough = preset.fooled * math.log(material.people)
    learned = material.learned
    for _ in range(preset.adversarial_epochs):
        for rows in batches(len(learned.face), preset.batch):
            released = networks.base(learned.face[rows])
            read = functional.cross_entropy(networks.emotion(released), learned.emotion[rows])
            named = functional.cross_entropy(networks.identity(released), learned.person[rows])
            if named.item() > enough:
                thaw(networks.identity)
                return
            optimiser.zero_grad()
            (read - preset.beta * named).backward()
            optimiser.step()
    thaw(networks.identity)


def retraining_phase(
    material: Material, preset: Preset, networks: Networks, generator: torch.Generator
) -> Fit:
    """Line 4: `f_c` and `f_e` frozen, `f_i` partly made anew and trained by `min L_i`."""
    reinitialise(networks.identity, preset.reinitialised, generator)
    learned, checked = (
        in_parts(networks.base, s.face) for s in (material.learned, material.checked)
    )
    return train_head(
        networks.identity,
        (learned, material.learned.person),
        (checked, material.checked.person),
        preset,
        preset.retraining_epochs,
        preset.retraining_patience,
    )


def _emotion_loss(sample: Sample, networks: Networks) -> float:
    logits = in_parts(networks.emotion, in_parts(networks.base, sample.face))
    return float(functional.cross_entropy(logits, sample.emotion))
