"""The paper's six systems, and attackers on what its bases release."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from faceveil.audit.attackers import Attacker
from faceveil.audit.closed_set import FoldOutcome
from faceveil.audit.protocol import assign_folds
from training.lab.attack import Gallery
from training.lab.cells import Outcomes
from training.lab.folds import Fold
from training.lab.system import Share, System
from training.paper.algorithm import hybrid
from training.paper.augmentation import augmented
from training.paper.fitting import in_parts
from training.paper.networks import Networks
from training.paper.preset import Material, Preset, Sample
from training.paper.training import fresh_head, new_networks, train_for

INNER_FOLDS = 10
"""One of so many parts of what a fold learns from tells a training when to stop."""


@dataclass(frozen=True, slots=True)
class _Released:
    """A base that a fold has trained, and what it releases.

    Attributes:
        fold: the fold.
        material: what was learned from.
        base: not trained any more.
        map: what it releases of every image: float32, (N, D).
    """

    fold: Fold
    material: Material
    base: nn.Module
    map: NDArray[np.float32]

    def read(self, head: nn.Module, *, identity: bool, converged: bool) -> FoldOutcome:
        """What a head says of the tested images."""
        logits = in_parts(head, torch.from_numpy(self.map[self.fold.tested]))
        scores = functional.log_softmax(logits.double(), dim=1).numpy()
        return self.fold.answers(scores, identity=identity, converged=converged)

    def read_afresh(self, preset: Preset, *, identity: bool) -> FoldOutcome:
        """What a new head says of them, which is trained on the base as it is."""
        new, fit = fresh_head(self.material, preset, self.base, identity=identity)
        return self.read(new, identity=identity, converged=fit.converged)


def paper_systems(
    preset: Preset, attackers: Sequence[Attacker], across: Sequence[Attacker], copies_seed: int
) -> list[System]:
    """Face; Emotion and Emotion2Face; Hybrid, Hybrid2Emotion and Hybrid2Face.

    Args:
        preset: of the paper.
        attackers: on what the bases of Emotion and Hybrid release.
        across: those of them who are also tried with other emotions only.
        copies_seed: of the augmentation, which is one for all folds.
    """

    def face(fold: Fold, share: Share) -> Outcomes:
        material = material_of(fold, preset, copies_seed)
        networks = _new(fold, material, preset)
        fit = train_for(material, preset, networks, emotion=0.0, identity=1.0)
        share(1.0)
        released = _release(fold, material, networks.base)
        named = released.read(networks.identity, identity=True, converged=fit.converged)
        return {"Face": [named]}

    def emotion(fold: Fold, share: Share) -> Outcomes:
        material = material_of(fold, preset, copies_seed)
        networks = _new(fold, material, preset)
        fit = train_for(material, preset, networks, emotion=1.0, identity=0.0)
        share(0.7)
        released = _release(fold, material, networks.base)
        read = released.read(networks.emotion, identity=False, converged=fit.converged)
        return {
            "Emotion": [read],
            "Emotion2Face": [released.read_afresh(preset, identity=True)],
        } | fold.attacked({Gallery.RELEASED: released.map}, released.map, attackers, across)

    def both(fold: Fold, share: Share) -> Outcomes:
        material = material_of(fold, preset, copies_seed)
        done = iter(range(1, preset.iterations + 1))
        trained = hybrid(
            material,
            preset,
            seed=fold.seed,
            progress=lambda: share(0.9 * next(done) / preset.iterations),
        )
        released = _release(fold, material, trained.networks.base)
        # Algorithm 1 ends after T iterations, whatever has become of it.
        read = partial(released.read, converged=True)
        return {
            "Hybrid": [read(trained.networks.emotion, identity=False)],
            "f_i after line 3": [read(trained.fooled, identity=True)],
            "f_i after line 4": [read(trained.networks.identity, identity=True)],
            "Hybrid2Emotion": [released.read_afresh(preset, identity=False)],
            "Hybrid2Face": [released.read_afresh(preset, identity=True)],
            "Hybrid2Face, one epoch": [
                released.read_afresh(replace(preset, epochs=1), identity=True)
            ],
        } | fold.attacked({Gallery.RELEASED: released.map}, released.map, attackers, across)

    settings = asdict(preset) | {"copies_seed": copies_seed, "inner_folds": INNER_FOLDS}
    tried = {"attackers": [a.name for a in attackers], "across": [a.name for a in across]}
    return [
        System("Face", settings, 17, face),
        System("Emotion", settings | tried, 24, emotion),
        System("Hybrid", settings | tried, 30 + 1.4 * preset.iterations, both),
    ]


def material_of(fold: Fold, preset: Preset, copies_seed: int) -> Material:
    """What a fold learns from: images that are not tested, and their copies.

    A tenth of them, whole groups with all their copies, is the inner split. Neither a tested image
    nor a copy of one is in either part.
    """
    part, tested = fold.part, fold.tested
    copies = augmented(part.crops, preset.images, copies_seed)
    checked = np.zeros(len(part), np.bool_)
    inner = assign_folds(part.subject[~tested], part.group[~tested], INNER_FOLDS, fold.seed)
    checked[~tested] = inner == 0

    def sample(images: NDArray[np.bool_]) -> Sample:
        rows = copies.of(images)
        return Sample(
            torch.from_numpy(copies.crops[rows]),
            torch.from_numpy(part.emotion[copies.source[rows]]),
            torch.from_numpy(part.subject[copies.source[rows]]),
        )

    return Material(sample(~tested & ~checked), sample(checked), fold.emotions, fold.people)


def _new(fold: Fold, material: Material, preset: Preset) -> Networks:
    torch.manual_seed(fold.seed)
    return new_networks(material, preset)


def _release(fold: Fold, material: Material, base: nn.Module) -> _Released:
    released = in_parts(base, torch.from_numpy(fold.part.crops)).numpy()
    return _Released(fold, material, base, released)
