"""How a filter is trained: every number that a training is steered by."""

from dataclasses import dataclass
from enum import StrEnum


class Layers(StrEnum):
    """Of what a base is made (`training.filter.bases`)."""

    PLAIN = "plain"
    """The paper's convolutions."""
    RESIDUAL = "residual"
    ATTENTION = "attention"
    """Residual blocks, and self-attention over the last map."""
    MOBILE = "mobile"
    """Inverted residuals with depthwise convolutions."""
    INCEPTION = "inception"
    """Modules of parallel kernels."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a filter is trained.

    Attributes:
        dimension: of the embedding, D.
        filters: of each convolution, or of each block of them.
        layers: of what the base is made.
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
        weight_decay: of AdamW.
        mixing: a set's share of the batches grows with its size to this power.
        jitter: how far crops are turned, scaled and shifted (`training.filter.augment`).
        smoothing: of the emotion labels.
        mixed_precision: whether the convolutions of training run in bfloat16.
        votes: whether what each voter saw is learned, or only what most of them did.
        strong_changes: whether crops are changed in more ways than jitter says.
        lesson: part of what tutors answer in what is learned of faces that have votes.
        remembered: whether the filter that a training starts from is a tutor in it, lest what it
            reads be forgotten (Li, Hoiem 2016, "Learning without forgetting").
        mixup: alpha of `training.filter.augment.mixup`; 0 for none.
        average: decay of the exponential mean of the weights that is released
            (`training.filter.average`); 0 releases the last step's.
        codewords: how many standard expressions there are at most, K (`training.filter.release`);
            0 releases the embedding as it is.
        faces_a_codeword: of those that are learned from, at least.
        temperature_of_choice: of the choice's gradient, in squared distances of codewords.
        controlled: whether a controller changes beta and restart_every on the way
            (`training.filter.controller`), for which some faces are held out of the training.
    """

    dimension: int = 16
    filters: tuple[int, ...] = (32, 64, 128, 256)
    layers: Layers = Layers.RESIDUAL
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
    votes: bool = False
    strong_changes: bool = False
    lesson: float = 0.5
    remembered: bool = False
    mixup: float = 0.0
    average: float = 0.0
    codewords: int = 0
    faces_a_codeword: int = 50
    temperature_of_choice: float = 10.0
    controlled: bool = False
