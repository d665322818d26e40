"""Algorithm 1: a base and an emotion head, trained against adversaries that look for identity.

Narula, Wang, Chaspari 2020 (arXiv 2001.06103), section 3. What differs here, and why, is in the
docstrings of `Recipe` and of `training.filter.objectives`.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.data.crops import UNKNOWN, CropSet
from training.filter.adversaries import Adversaries
from training.filter.augment import augment
from training.filter.checkpoint import Checkpoint, Part, Randomness
from training.filter.distributed import device, rank, together, world
from training.filter.networks import Base, head
from training.filter.objectives import cross_identity_contrast, dependence, scatter

_PROCESSES_APART = 1_000_003


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a filter is trained.

    Attributes:
        dimension: of the embedding, D.
        filters: of each convolution, or of each residual block.
        residual: whether the base is made of residual blocks, or of the paper's plain layers.
        steps: updates of the filter.
        warm_up: of these, the first ones, in which no adversary is listened to (line 1 of
            Algorithm 1; its alpha is 0 here, for a base that first learns identity on purpose keeps
            some of it).
        batch: images of an update.
        beta: weight of the adversaries in the filter's loss (line 3).
        contrast: weight of the cross-identity contrastive loss.
        temperature: of that loss.
        scatter: weight of the embeddings' spread about the mean of their emotion.
        likeness: weight of the embedding's dependence on what a face recogniser sees, where that
            is known (`training.filter.teacher`).
        noise: largest sigma in training; each image draws its own from 0 to this.
        adversaries: hidden layers of each; several of different depth, for one is easily fooled.
        adversary_steps: updates of the adversaries for each update of the filter (line 4).
        restart_every: filter updates after which one adversary, in turn, starts anew.
        learning_rate: peak of the filter's one-cycle schedule; the adversaries' is fixed.
        mixing: a set's share of the batches grows with its size to this power.
        jitter: how far crops are turned, scaled and shifted (`training.filter.augment`).
        smoothing: of the emotion labels.
        mixed_precision: whether the convolutions of training run in bfloat16.
    """

    dimension: int = 16
    filters: tuple[int, ...] = (32, 64, 128, 256)
    residual: bool = True
    steps: int = 400
    warm_up: int = 100
    batch: int = 96
    beta: float = 1.0
    contrast: float = 1.0
    temperature: float = 0.2
    scatter: float = 3.0
    likeness: float = 2.0
    noise: float = 0.75
    adversaries: tuple[tuple[int, ...], ...] = ((), (128,), (128, 64))
    adversary_steps: int = 2
    restart_every: int = 150
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    mixing: float = 0.5
    jitter: float = 1.6
    smoothing: float = 0.05
    mixed_precision: bool = True


@dataclass(slots=True)
class Filter:
    """What training makes: a base and the emotion head on its released embedding."""

    base: Base
    emotion_head: nn.Module

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings without noise: (N, H, W) uint8 to (N, D) float32."""
        self.base.eval()
        with torch.no_grad():
            parts = [self.base(part) for part in torch.from_numpy(crops).split(512)]
        embedding: NDArray[np.float32] = torch.cat(parts).numpy()
        return embedding

    def classify(self, embedding: NDArray[np.float32]) -> NDArray[np.int64]:
        """Emotions read in released embeddings: (N, D) float32 to (N,) indices."""
        self.emotion_head.eval()
        with torch.no_grad():
            logits = self.emotion_head(torch.from_numpy(embedding))
        label: NDArray[np.int64] = logits.argmax(dim=1).numpy()
        return label


def new_filter(side: int, classes: int, recipe: Recipe) -> Filter:
    """A filter that has learned nothing yet."""
    base = Base(side, recipe.dimension, recipe.filters, residual=recipe.residual)
    return Filter(base, head(recipe.dimension, classes, (64, 64)))


class Learner(nn.Module):
    """A filter while it learns: one pass gives all that the losses need."""

    def __init__(self, filter_: Filter, recipe: Recipe) -> None:
        super().__init__()
        self.base = filter_.base
        self.emotion_head = filter_.emotion_head
        self._mixed_precision = recipe.mixed_precision

    def forward(self, faces: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Embeds, adds noise, reads emotions.

        Args:
            faces: (N, H, W) grey levels.
            noise: (N, D), of the size that is released.

        Returns:
            The embedding without noise and with it, (N, D) each, and logits of emotions, (N, E).
        """
        with torch.autocast(faces.device.type, torch.bfloat16, enabled=self._mixed_precision):
            clean: Tensor = self.base(faces)
        released = clean + noise
        return clean, released, self.emotion_head(released)


def train(
    data: CropSet,
    recipe: Recipe,
    *,
    classes: int,
    seed: int,
    start: Filter | None = None,
    progress: Callable[[int, dict[str, float]], None] = lambda step, losses: None,
    checkpoint: Checkpoint | None = None,
) -> Filter:
    """Trains a filter on one or several sets; each image teaches what its labels allow.

    On a GPU where there is one, and together with the other processes that torchrun started.

    Args:
        data: emotions and people, either UNKNOWN for some images.
        recipe: how.
        classes: how many emotions there are, E.
        seed: of everything random.
        start: a filter to go on from, left as it is; without one, a new filter.
        progress: called after each step with its number, from 1, and the current losses; and before
            the first one with the number of those that are done, 0 unless a checkpoint tells more.
        checkpoint: keeps the training while it is not finished, and is gone on from.

    Raises:
        ValueError: if a batch has fewer than two images for each process.
    """
    share = recipe.batch // world()
    if share < 2:
        raise ValueError(f"A batch of {recipe.batch} is too small for {world()} processes.")
    torch.manual_seed(seed)
    filter_ = copy.deepcopy(start) or new_filter(data.crops.shape[1], classes, recipe)
    here = device()
    # channels_last is a third faster on CPUs; torch's stubs do not know the argument.
    learner = Learner(filter_, recipe).to(here)
    learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    crops, emotions, people, sources, likeness = (
        torch.from_numpy(column).to(here)
        for column in (data.crops, data.emotion, data.subject, data.source, data.likeness)
    )
    adversaries = Adversaries(recipe.adversaries, recipe.dimension, people, sources)
    optimiser = torch.optim.AdamW(
        learner.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, recipe.steps)
    chances = sampling_chances(data, recipe.mixing)
    torch.manual_seed(seed + _PROCESSES_APART * rank())  # each process draws its own images
    generator = np.random.default_rng((seed, rank()))

    def noise_like(embedding: Tensor) -> Tensor:
        sigma = torch.rand(len(embedding), 1, device=here) * recipe.noise
        return torch.randn_like(embedding) * sigma

    parts: dict[str, Part] = {
        "learner": learner,
        "optimiser": optimiser,
        "schedule": schedule,
        "adversaries": adversaries,
    }
    randomness = Randomness(generator, here)
    done = checkpoint.restore(parts, randomness) if checkpoint else 0
    pass_ = together(learner.train())
    progress(done, {})
    for step in range(done + 1, recipe.steps + 1):
        rows = torch.from_numpy(generator.choice(len(data), share, p=chances)).to(here)
        emotion, person, source = emotions[rows], people[rows], sources[rows]
        blank = torch.zeros(share, recipe.dimension, device=here)
        clean, embedding, logits = pass_(augment(crops[rows], recipe.jitter), noise_like(blank))
        told = emotion != UNKNOWN
        losses = {
            "emotion": functional.cross_entropy(
                logits,
                emotion,
                ignore_index=UNKNOWN,
                label_smoothing=recipe.smoothing,
                reduction="sum",
            )
            / told.sum().clamp(min=1),
            "contrast": recipe.contrast
            * cross_identity_contrast(
                embedding[told], emotion[told], person[told], recipe.temperature
            ),
        }
        if recipe.scatter:
            losses["scatter"] = recipe.scatter * scatter(clean[told], emotion[told])
        if recipe.likeness:
            losses["likeness"] = recipe.likeness * dependence(clean, likeness[rows])
        if len(adversaries) and step > recipe.warm_up:
            # The adversaries learn from the embedding as it is now (line 4 of Algorithm 1).
            for _ in range(recipe.adversary_steps):
                now = clean.detach()
                adversaries.learn(now + noise_like(now), person, source)
            losses["adversary"] = recipe.beta * adversaries.confusion(embedding, person, source)
            if step % recipe.restart_every == 0:
                adversaries.restart(step // recipe.restart_every)
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(learner.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        progress(step, {name: loss.item() for name, loss in losses.items()})
        if checkpoint:
            checkpoint.keep(step, parts, randomness)
    # As it comes out of a file: another layout rounds otherwise, in the seventh digit.
    learner.to("cpu").to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return filter_


def sampling_chances(data: CropSet, mixing: float) -> NDArray[np.float64]:
    """The chance of each image to be drawn: (N,), sums to 1.

    A set's share grows with its size to the power `mixing`, and an emotion's within a set with the
    square root of its: so 60 posed images are not lost among 24,000, nor 90 faces in disgust.
    """
    chances = np.zeros(len(data))
    for source in np.unique(data.source):
        in_set = data.source == source
        weight = np.zeros(len(data))
        for emotion in np.unique(data.emotion[in_set]):
            rows = in_set & (data.emotion == emotion)
            weight[rows] = rows.sum() ** -0.5
        chances += weight / weight.sum() * in_set.sum() ** mixing
    total: NDArray[np.float64] = chances / chances.sum()
    return total
