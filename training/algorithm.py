"""Algorithm 1: a base and an emotion head, trained against adversaries that look for identity.

Narula, Wang, Chaspari 2020 (arXiv 2001.06103), section 3. What differs here, and why, is in the
docstrings of `Recipe` and of `training.objectives`.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.adversaries import Adversaries
from training.augment import augment
from training.data.crops import UNKNOWN, CropSet
from training.networks import Base, head
from training.objectives import cross_identity_contrast


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a filter is trained.

    Attributes:
        dimension: of the embedding, D.
        filters: of each convolution.
        steps: updates of the filter.
        warm_up: of these, the first ones, in which no adversary is listened to (line 1 of
            Algorithm 1; its alpha is 0 here, for a base that first learns identity on purpose keeps
            some of it).
        batch: images of an update.
        beta: weight of the adversaries in the filter's loss (line 3).
        contrast: weight of the cross-identity contrastive loss.
        temperature: of that loss.
        noise: largest sigma in training; each image draws its own from 0 to this.
        adversaries: hidden layers of each; several of different depth, for one is easily fooled.
        adversary_steps: updates of the adversaries for each update of the filter (line 4).
        restart_every: filter updates after which one adversary, in turn, starts anew.
        learning_rate: peak of the filter's one-cycle schedule; the adversaries' is fixed.
        mixing: a set's share of the batches grows with its size to this power.
        smoothing: of the emotion labels.
        mixed_precision: whether the convolutions of training run in bfloat16.
    """

    dimension: int = 16
    filters: tuple[int, ...] = (32, 64, 128)
    steps: int = 700
    warm_up: int = 100
    batch: int = 96
    beta: float = 1.0
    contrast: float = 1.0
    temperature: float = 0.2
    noise: float = 0.75
    adversaries: tuple[tuple[int, ...], ...] = ((), (128,), (128, 64))
    adversary_steps: int = 2
    restart_every: int = 150
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    mixing: float = 0.0
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
    return Filter(
        Base(side, recipe.dimension, recipe.filters), head(recipe.dimension, classes, (64, 64))
    )


def train(
    data: CropSet,
    recipe: Recipe,
    *,
    classes: int,
    seed: int,
    start: Filter | None = None,
    progress: Callable[[int, dict[str, float]], None] = lambda step, losses: None,
) -> Filter:
    """Trains a filter on one or several sets; each image teaches what its labels allow.

    Args:
        data: emotions and people, either UNKNOWN for some images.
        recipe: how.
        classes: how many emotions there are, E.
        seed: of everything random.
        start: a filter to go on from, left as it is; without one, a new filter.
        progress: called after each step with its number, from 1, and the current losses.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    filter_ = copy.deepcopy(start) or new_filter(data.crops.shape[1], classes, recipe)
    # A third faster on CPUs; torch's stubs do not know the argument.
    filter_.base.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    crops, emotions = torch.from_numpy(data.crops), torch.from_numpy(data.emotion)
    people, sources = torch.from_numpy(data.subject), torch.from_numpy(data.source)
    adversaries = Adversaries(recipe.adversaries, recipe.dimension, people, sources)
    parameters = [*filter_.base.parameters(), *filter_.emotion_head.parameters()]
    optimiser = torch.optim.AdamW(
        parameters, recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, recipe.steps)
    chances = sampling_chances(data, recipe.mixing)

    def embed(rows: Tensor) -> Tensor:
        faces = augment(crops[rows])
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.mixed_precision):
            embedding: Tensor = filter_.base(faces)
        return embedding

    def release(embedding: Tensor) -> Tensor:
        sigma = torch.rand(len(embedding), 1) * recipe.noise
        return embedding + torch.randn_like(embedding) * sigma

    filter_.base.train()
    filter_.emotion_head.train()
    for step in range(1, recipe.steps + 1):
        rows = torch.from_numpy(generator.choice(len(data), recipe.batch, p=chances))
        clean, emotion, person = embed(rows), emotions[rows], people[rows]
        embedding = release(clean)
        told = emotion != UNKNOWN
        losses: dict[str, Tensor] = {}
        if told.any():
            losses["emotion"] = functional.cross_entropy(
                filter_.emotion_head(embedding[told]),
                emotion[told],
                label_smoothing=recipe.smoothing,
            )
            losses["contrast"] = recipe.contrast * cross_identity_contrast(
                embedding[told], emotion[told], person[told], recipe.temperature
            )
        if len(adversaries) and step > recipe.warm_up:
            # The adversaries learn from the embedding as it is now (line 4 of Algorithm 1).
            for _ in range(recipe.adversary_steps):
                adversaries.learn(release(clean.detach()), person, sources[rows])
            losses["adversary"] = recipe.beta * adversaries.confusion(
                embedding, person, sources[rows]
            )
            if step % recipe.restart_every == 0:
                adversaries.restart(step // recipe.restart_every)
        optimiser.zero_grad()
        if losses:  # a batch may hold neither an emotion nor a person to learn from
            torch.stack(list(losses.values())).sum().backward()
            nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        schedule.step()
        progress(step, {name: loss.item() for name, loss in losses.items()})
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
