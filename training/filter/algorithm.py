"""Algorithm 1: a base and an emotion head, trained against adversaries that look for identity.

Narula, Wang, Chaspari 2020 (arXiv 2001.06103), section 3. What differs here, and why, is in the
docstrings of `Recipe` and of `training.filter.objectives`.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.data.crops import UNKNOWN, CropSet
from training.filter.adversaries import Adversaries
from training.filter.augment import augment, mixup
from training.filter.average import running_mean
from training.filter.checkpoint import Checkpoint, Part, Randomness
from training.filter.controller import controlled, own_setting
from training.filter.distributed import device, rank, together, world
from training.filter.model import Filter, Learner, count_votes, new_filter, with_learned_codebook
from training.filter.objectives import cross_identity_contrast, dependence, scatter, votes
from training.filter.recipe import Recipe

__all__ = ["Filter", "Learner", "Recipe", "new_filter", "sampling_chances", "train"]

_PROCESSES_APART = 1_000_003

_FINER = 2
"""How many times as many codewords a filter has while it learns as are released in the end: people
are then hidden in finer choices than anybody sees."""


def train(
    data: CropSet,
    recipe: Recipe,
    *,
    classes: int,
    seed: int,
    start: Filter | None = None,
    tutors: Sequence[Filter] = (),
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
        tutors: filters, beside the start where it is remembered, whose mean answer to each crop,
            changed as it is, is learned beside its votes, alone where it has neither votes nor a
            label, and not where it has a label alone (Hinton, Vinyals, Dean 2015, "Distilling the
            knowledge in a neural network").
        progress: called after each step with its number, from 1, and the current losses; and before
            the first one with the number of those that are done, 0 unless a checkpoint tells more.
        checkpoint: keeps the training while it is not finished, and is gone on from.

    Raises:
        ValueError: if a batch has fewer than two images for each process, or if several are to
            train with a controller.
    """
    share = recipe.batch // world()
    if share < 2:
        raise ValueError(f"A batch of {recipe.batch} is too small for {world()} processes.")
    data, controller = controlled(data, recipe, seed)
    if start is not None and recipe.remembered:
        tutors = (*tutors, start)
    torch.manual_seed(seed)
    filter_ = copy.deepcopy(start) or new_filter(data.crops.shape[1], classes, recipe)
    chances = sampling_chances(data, recipe.mixing)
    all_shares = data.shares(classes, votes=recipe.votes)
    if recipe.codewords:
        finer = replace(recipe, codewords=_FINER * recipe.codewords)
        filter_ = with_learned_codebook(filter_, data, chances, finer, classes=classes, seed=seed)
    here = device()
    # channels_last is a third faster on CPUs; torch's stubs do not know the argument.
    learner = Learner(filter_, recipe).to(here)
    learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    crops, emotions, people, sources, likeness, shares = (
        torch.from_numpy(column).to(here)
        for column in (
            data.crops,
            data.emotion,
            data.subject,
            data.source,
            data.likeness,
            all_shares,
        )
    )
    dimension = filter_.base.dimension
    adversaries = Adversaries(recipe.adversaries, dimension, people, sources)
    optimiser = torch.optim.AdamW(
        learner.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, recipe.steps)
    # What somebody was asked to show is what the set is for: no tutor talks into a bare label.
    lesson = recipe.lesson * torch.from_numpy(data.voted).to(here)[:, None]
    teaching = [Learner(copy.deepcopy(one), recipe).to(here).eval() for one in tutors]
    for tutor in teaching:
        tutor.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = running_mean(learner, recipe.average) if recipe.average else None
    torch.manual_seed(seed + _PROCESSES_APART * rank())  # each process draws its own images
    generator = np.random.default_rng((seed, rank()))

    def noise_like(embedding: Tensor) -> Tensor:
        sigma = torch.rand(len(embedding), 1, device=here) * recipe.noise
        return torch.randn_like(embedding) * sigma

    def emotion_loss(logits: Tensor, emotion: Tensor, seen: Tensor) -> Tensor:
        if recipe.votes or recipe.mixup or teaching:
            return votes(logits, seen, recipe.smoothing)
        loss = functional.cross_entropy(
            logits,
            emotion,
            ignore_index=UNKNOWN,
            label_smoothing=recipe.smoothing,
            reduction="sum",
        )
        return loss / (emotion != UNKNOWN).sum().clamp(min=1)

    parts: dict[str, Part] = {
        "learner": learner,
        "optimiser": optimiser,
        "schedule": schedule,
        "adversaries": adversaries,
    }
    if mean:
        parts["mean"] = mean
    if controller:
        parts["controller"] = controller.bandit
    randomness = Randomness(generator, here)
    done = checkpoint.restore(parts, randomness) if checkpoint else 0
    pass_ = together(learner.train())
    progress(done, {})
    for step in range(done + 1, recipe.steps + 1):
        setting = controller.setting if controller else own_setting(recipe)
        rows = torch.from_numpy(generator.choice(len(data), share, p=chances)).to(here)
        emotion, person, source, seen = emotions[rows], people[rows], sources[rows], shares[rows]
        faces = augment(crops[rows], recipe.jitter, strong=recipe.strong_changes)
        if recipe.mixup:
            faces, seen = mixup(faces, seen, recipe.mixup, generator)
        if teaching:
            seen = _taught(seen, _answers(teaching, faces), lesson[rows])
        blank = torch.zeros(share, dimension, device=here)
        clean, embedding, logits = pass_(faces, noise_like(blank))
        labelled = emotion != UNKNOWN
        losses = {
            "emotion": emotion_loss(logits, emotion, seen),
            "contrast": recipe.contrast
            * cross_identity_contrast(
                embedding[labelled], emotion[labelled], person[labelled], recipe.temperature
            ),
        }
        if recipe.scatter:
            losses["scatter"] = recipe.scatter * scatter(clean[labelled], emotion[labelled])
        if recipe.likeness:
            losses["likeness"] = recipe.likeness * dependence(clean, likeness[rows])
        if len(adversaries) and step > recipe.warm_up:
            # The adversaries learn from the embedding as it is now (line 4 of Algorithm 1).
            for _ in range(recipe.adversary_steps):
                now = clean.detach()
                adversaries.learn(now + noise_like(now), person, source)
            losses["adversary"] = setting.beta * adversaries.confusion(embedding, person, source)
            if step % setting.restart_every == 0:
                adversaries.restart(step // setting.restart_every)
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(learner.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        if mean:
            mean.update_parameters(learner)
        if controller:
            controller.after(step, learner)
        progress(step, {name: loss.item() for name, loss in losses.items()})
        if checkpoint:
            checkpoint.keep(step, parts, randomness)
    if mean:
        learner.load_state_dict(mean.module.state_dict())
    # As it comes out of a file: another layout rounds otherwise, in the seventh digit.
    learner.to("cpu").to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    if recipe.codewords:
        # Faces have moved while it learned, and the codewords have not: so they are found anew.
        filter_ = with_learned_codebook(filter_, data, chances, recipe, classes=classes, seed=seed)
        count_votes(filter_, data, classes)
    elif (drawn := chances @ all_shares).any():
        filter_.prior = (drawn / drawn.sum()).astype(np.float32)
    return filter_


def _answers(tutors: Sequence[Learner], faces: Tensor) -> Tensor:
    """What tutors see in faces, (N, H, W), and in their mirror images, on average.

    The mirror image is as good as half another tutor: one that read 84.5 % of FER2013's test images
    read 85.1 % by both.

    Returns:
        Probabilities, (N, E).
    """
    none = torch.zeros((), device=faces.device)
    with torch.no_grad():
        answers = [
            functional.softmax(tutor(view, none)[2], dim=1)
            for tutor in tutors
            for view in (faces, faces.flip(2))
        ]
    return torch.stack(answers).mean(dim=0)


def _taught(shares: Tensor, answers: Tensor, lesson: Tensor) -> Tensor:
    """What is learned of each face, (N, E), from voters and tutors; a row's sum is 1.

    Args:
        shares: (N, E) of the voters; a row's sum is at most 1, and tutors fill what is missing.
        answers: (N, E) of the tutors.
        lesson: (N, 1), part of the voters' share that is the tutors' too.
    """
    voted = shares.sum(dim=1, keepdim=True)
    return (1 - lesson) * shares + (1 - (1 - lesson) * voted) * answers


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
