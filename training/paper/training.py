"""What is trained in one go: Face, Emotion, line 1 of Algorithm 1, and heads on frozen bases."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.filter.networks import head
from training.paper.fitting import Fit, batches, in_parts, until_worse
from training.paper.networks import Networks
from training.paper.preset import Material, Preset, Sample


def new_networks(material: Material, preset: Preset) -> Networks:
    """Networks that have learned nothing yet."""
    side = material.learned.face.shape[1]
    new = Networks(side, material.emotions, material.people, preset.filters, preset.hidden)
    # Twice as fast on CPUs; torch's stubs do not know the argument.
    new.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return new


def train_for(
    material: Material,
    preset: Preset,
    networks: Networks,
    *,
    emotion: float,
    identity: float,
) -> Fit:
    """Trains the base and the heads that have a weight, by `emotion * L_e + identity * L_i`.

    (1, 0) is the system Emotion, (0, 1) is Face, and (1, alpha) is line 1 of Algorithm 1.
    """
    used: list[nn.Module] = [networks.base]
    used += [networks.emotion] if emotion else []
    used += [networks.identity] if identity else []
    optimiser = adam(preset, *used)

    def loss(sample: Sample, rows: Tensor | slice) -> Tensor:
        released = networks.base(sample.face[rows])
        total = torch.zeros(())
        if emotion:
            logits = networks.emotion(released)
            total = total + emotion * functional.cross_entropy(logits, sample.emotion[rows])
        if identity:
            named = networks.identity(released)
            total = total + identity * functional.cross_entropy(named, sample.person[rows])
        return total

    def epoch() -> None:
        for rows in batches(len(material.learned.face), preset.batch):
            optimiser.zero_grad()
            loss(material.learned, rows).backward()
            optimiser.step()

    def checked() -> float:
        with torch.no_grad():
            return float(loss(material.checked, slice(None)))

    return until_worse(used, epoch, checked, preset.epochs, preset.patience)


def fresh_head(
    material: Material, preset: Preset, base: nn.Module, *, identity: bool
) -> tuple[nn.Sequential, Fit]:
    """A new head on a frozen base, trained by cross-entropy: Emotion2Face, Hybrid2Face, ...

    It sees the map as it is released, unstandardised, as the paper's heads do.
    """
    classes = material.people if identity else material.emotions
    learned, checked = (in_parts(base, s.face) for s in (material.learned, material.checked))
    new = head(learned.shape[1], classes, preset.hidden)
    fit = train_head(
        new,
        (learned, _labels(material.learned, identity)),
        (checked, _labels(material.checked, identity)),
        preset,
        preset.epochs,
        preset.patience,
    )
    return new, fit


def train_head(
    trained: nn.Module,
    learned: tuple[Tensor, Tensor],
    checked: tuple[Tensor, Tensor],
    preset: Preset,
    epochs: int,
    patience: int,
) -> Fit:
    """Trains a head alone, by cross-entropy.

    Args:
        trained: changed in place.
        learned: what a base releases, (N, D), and the labels, (N,).
        checked: the same of the inner split.
        preset: how.
        epochs: at most.
        patience: epochs without a better loss, after which it stops.
    """
    released, label = learned
    optimiser = adam(preset, trained)

    def epoch() -> None:
        for rows in batches(len(released), preset.batch):
            optimiser.zero_grad()
            functional.cross_entropy(trained(released[rows]), label[rows]).backward()
            optimiser.step()

    def loss() -> float:
        return float(functional.cross_entropy(in_parts(trained, checked[0]), checked[1]))

    return until_worse([trained], epoch, loss, epochs, patience)


def _labels(sample: Sample, identity: bool) -> Tensor:
    return sample.person if identity else sample.emotion


def adam(preset: Preset, *modules: nn.Module) -> torch.optim.Optimizer:
    """The preset's optimiser of all parameters of some modules."""
    parameters = [parameter for module in modules for parameter in module.parameters()]
    return torch.optim.Adam(parameters, preset.learning_rate)
