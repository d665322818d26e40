"""The paper's six systems, and attackers on what its bases release."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from service.audit.attackers import Attacker
from service.audit.closed_set import FoldOutcome
from service.audit.protocol import assign_folds
from training.paper.algorithm import hybrid
from training.paper.augmentation import augmented
from training.paper.fitting import Fit, in_parts
from training.paper.networks import Networks
from training.paper.preset import Material, Preset, Sample
from training.paper.training import fresh_head, new_networks, train_for
from training.reproduction.system import System, Told
from training.reproduction.turn import Outcomes, Turn

INNER_FOLDS = 10
"""One of so many parts of what a fold learns from tells a training when to stop."""


@dataclass(frozen=True, slots=True)
class _Released:
    """A base, and what it releases of every image: float32, (N, D)."""

    base: nn.Module
    map: NDArray[np.float32]


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

    def face(turn: Turn, told: Told) -> Outcomes:
        material = material_of(turn, preset, copies_seed)
        networks = _new(turn, material, preset)
        fit = train_for(material, preset, networks, emotion=0.0, identity=1.0)
        told(1.0)
        return {"Face": [_answers(turn, networks, fit, identity=True)]}

    def emotion(turn: Turn, told: Told) -> Outcomes:
        material = material_of(turn, preset, copies_seed)
        networks = _new(turn, material, preset)
        fit = train_for(material, preset, networks, emotion=1.0, identity=0.0)
        told(0.7)
        released = _release(turn, networks.base)
        return {
            "Emotion": [_answers(turn, networks, fit, identity=False)],
            "Emotion2Face": [_with_fresh_head(turn, material, preset, released, identity=True)],
        } | turn.attacked(released.map, released.map, attackers, across)

    def both(turn: Turn, told: Told) -> Outcomes:
        material = material_of(turn, preset, copies_seed)
        done = iter(range(1, preset.iterations + 1))
        made = hybrid(
            material,
            preset,
            seed=turn.seed,
            progress=lambda: told(0.9 * next(done) / preset.iterations),
        )
        released = _release(turn, made.networks.base)
        fit = Fit(loss=0.0, converged=True)
        brief = replace(preset, epochs=1)
        return {
            "Hybrid": [_read(turn, made.networks.emotion, released, fit, identity=False)],
            "f_i after line 3": [_read(turn, made.fooled, released, fit, identity=True)],
            "f_i after line 4": [_read(turn, made.networks.identity, released, fit, identity=True)],
            "Hybrid2Emotion": [_with_fresh_head(turn, material, preset, released, identity=False)],
            "Hybrid2Face": [_with_fresh_head(turn, material, preset, released, identity=True)],
            "Hybrid2Face, one epoch": [
                _with_fresh_head(turn, material, brief, released, identity=True)
            ],
        } | turn.attacked(released.map, released.map, attackers, across)

    settings = asdict(preset) | {"copies_seed": copies_seed, "inner_folds": INNER_FOLDS}
    tried = {"attackers": [a.name for a in attackers], "across": [a.name for a in across]}
    return [
        System("Face", settings, 25, face),
        System("Emotion", settings | tried, 35, emotion),
        System("Hybrid", settings | tried, 40 + 1.7 * preset.iterations, both),
    ]


def material_of(turn: Turn, preset: Preset, copies_seed: int) -> Material:
    """What a fold learns from: images that are not tested, and their copies.

    A tenth of them, whole groups with all their copies, is the inner split. Neither a tested image
    nor a copy of one is in either part.
    """
    part, tested = turn.fold.part, turn.fold.tested
    copies = augmented(part.crops, preset.images, copies_seed)
    checked = np.zeros(len(part), np.bool_)
    inner = assign_folds(part.subject[~tested], part.group[~tested], INNER_FOLDS, turn.seed)
    checked[~tested] = inner == 0

    def sample(images: NDArray[np.bool_]) -> Sample:
        rows = copies.of(images)
        return Sample(
            torch.from_numpy(copies.crops[rows]),
            torch.from_numpy(part.emotion[copies.source[rows]]),
            torch.from_numpy(part.subject[copies.source[rows]]),
        )

    return Material(sample(~tested & ~checked), sample(checked), turn.emotions, turn.people)


def _new(turn: Turn, material: Material, preset: Preset) -> Networks:
    torch.manual_seed(turn.seed)
    return new_networks(material, preset)


def _release(turn: Turn, base: nn.Module) -> _Released:
    return _Released(base, in_parts(base, torch.from_numpy(turn.fold.part.crops)).numpy())


def _answers(turn: Turn, networks: Networks, fit: Fit, *, identity: bool) -> FoldOutcome:
    told = networks.identity if identity else networks.emotion
    released = _release(turn, networks.base)
    return _read(turn, told, released, fit, identity=identity)


def _with_fresh_head(
    turn: Turn, material: Material, preset: Preset, released: _Released, *, identity: bool
) -> FoldOutcome:
    new, fit = fresh_head(material, preset, released.base, identity=identity)
    return _read(turn, new, released, fit, identity=identity)


def _read(
    turn: Turn, head: nn.Module, released: _Released, fit: Fit, *, identity: bool
) -> FoldOutcome:
    logits = in_parts(head, torch.from_numpy(released.map[turn.fold.tested]))
    scores = functional.log_softmax(logits.double(), dim=1).numpy()
    return turn.answers(scores, identity=identity, converged=fit.converged)
