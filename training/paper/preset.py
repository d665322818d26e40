"""The preset `paper`, and what a training by it is given."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Preset:
    """The paper's settings, and below them our choices where it is silent.

    Learning rate and length of lines 3 and 4 were chosen on a fold of JAFFE that was dealt by
    another seed than the reported ones. Where line 4 lasts longer, `f_i` becomes certain, its loss
    flat, and line 3 moves nothing; where steps are larger, the base forgets emotion.

    Attributes:
        alpha: weight of `L_i` in the joint initialisation (line 1).
        beta: weight of `-L_i` in the adversarial phase (line 3).
        iterations: T (line 2): 50 on JAFFE, 20 on Yale.
        images: to how many a whole set is augmented.
        filters: of each convolution.
        hidden: of a head's first two layers; the softmax is the third.
        batch: images of an update; all are by Adam.
        learning_rate: of it.
        epochs: of a training from scratch, at most.
        patience: epochs without a better loss on the inner split, after which a training stops.
        adversarial_epochs: of line 3 in one iteration.
        fooled: line 3 of an iteration ends early at a batch in which `L_i` exceeds so many times
            ln K, the loss of knowing nothing. It has no lower bound to come to rest at.
        retraining_epochs: of line 4 in one iteration, at most.
        retraining_patience: of line 4.
        reinitialised: probability of each layer of `f_i` to start anew before line 4; and of each
            layer of `f_e`, where it has come to know less than nothing.
    """

    alpha: float = 0.5
    beta: float = 1.0
    iterations: int = 50
    images: int = 3038
    filters: tuple[int, ...] = (8, 16, 32)
    hidden: tuple[int, ...] = (128, 64)
    batch: int = 64
    learning_rate: float = 3e-4
    epochs: int = 40
    patience: int = 6
    adversarial_epochs: int = 2
    fooled: float = 2.0
    retraining_epochs: int = 5
    retraining_patience: int = 3
    reinitialised: float = 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """Images with both labels.

    Attributes:
        face: uint8, (N, H, W).
        emotion: int64, (N,), from 0.
        person: int64, (N,), from 0.
    """

    face: Tensor
    emotion: Tensor
    person: Tensor


@dataclass(frozen=True, slots=True)
class Material:
    """What a training learns from, and the inner split that tells it when to stop.

    Attributes:
        learned: images and their copies.
        checked: other images and their copies, none of them of an image that is learned from.
        emotions: how many there are.
        people: how many there are.
    """

    learned: Sample
    checked: Sample
    emotions: int
    people: int
