"""Chooses while a filter trains how much its adversaries count, and how often they start anew.

Narula, Wang, Chaspari 2020 leave adversarial reinforcement learning to future work. This is a plain
form of it, a bandit: it tries a setting for some steps, and is rewarded on faces held out of the
training, by emotions that are read there and people that are not named. What a setting brings
depends on all that came before it, so no distribution is assumed of the rewards: Exp3 of Auer,
Cesa-Bianchi, Freund, Schapire 2002, "The nonstochastic multiarmed bandit problem", section 3.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from faceveil.audit.attackers import NEAREST
from faceveil.audit.closed_set import closed_set
from faceveil.audit.protocol import Split, assign_folds
from training.data.crop_set import UNKNOWN, CropSet
from training.filter.distributed import device, world
from training.filter.recipe import Recipe

EPISODE = 10
"""Steps for which a setting is tried."""

PARTS = 5
"""One of so many is held out, of the faces whose emotion and person are known."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is chosen: an arm of the bandit.

    Attributes:
        beta: weight of the adversaries in the filter's loss.
        restart_every: filter updates after which one adversary, in turn, starts anew.
    """

    beta: float
    restart_every: int


def own_setting(recipe: Recipe) -> Setting:
    """What the recipe says."""
    return Setting(recipe.beta, recipe.restart_every)


def settings_around(recipe: Recipe) -> list[Setting]:
    """What a controller chooses from: three weights, and restarts as often or thrice as often."""
    return [
        Setting(recipe.beta * weight, max(1, recipe.restart_every // often))
        for weight in (0.3, 1.0, 3.0)
        for often in (1, 3)
    ]


class Bandit:
    """Exp3: which of K arms to play, episode by episode."""

    def __init__(self, arms: int, episodes: int, seed: int) -> None:
        """Knows nothing yet.

        Args:
            arms: how many there are, K.
            episodes: how many there will be: says how much is explored (corollary 3.2 there).
            seed: of the choices.
        """
        most = (math.e - 1) * max(1, episodes)
        self._explored = min(1.0, math.sqrt(arms * math.log(arms) / most))
        self._seed = seed
        self._weights = np.ones(arms)
        self._episode = 0

    @property
    def chances(self) -> NDArray[np.float64]:
        """(K,) of each arm to be played."""
        share: NDArray[np.float64] = self._weights / self._weights.sum()
        return (1 - self._explored) * share + self._explored / len(share)

    @property
    def arm(self) -> int:
        """That of this episode."""
        generator = np.random.default_rng((self._seed, self._episode))
        return int(generator.choice(len(self._weights), p=self.chances))

    def learn(self, reward: float) -> None:
        """Ends the episode.

        Args:
            reward: of its arm, 0 to 1.
        """
        arm, chances = self.arm, self.chances
        gain = reward / chances[arm]  # as rarely as it is played, so much does it count
        self._weights[arm] *= math.exp(self._explored * gain / len(chances))
        self._weights /= self._weights.max()
        self._episode += 1

    def state_dict(self) -> dict[str, Any]:
        """What it learned, for a checkpoint."""
        return {"weights": self._weights.tolist(), "episode": self._episode}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave."""
        self._weights = np.array(state_dict["weights"])
        self._episode = state_dict["episode"]


class Controller:
    """Plays settings in a training, and rewards them."""

    def __init__(self, recipe: Recipe, learned: CropSet, probe: CropSet, seed: int) -> None:
        """Makes it ready.

        Args:
            recipe: of the training.
            learned: what it learns from.
            probe: what it does not learn from.
            seed: of the choices, and of the noise in which the probe is released.
        """
        self._settings = settings_around(recipe)
        self._warm_up, self._sigma, self._seed = recipe.warm_up, recipe.noise, seed
        self._known, self._probe = learned.take(learned.subject != UNKNOWN), probe
        episodes = (recipe.steps - recipe.warm_up) // EPISODE
        self.bandit = Bandit(len(self._settings), episodes, seed)

    @property
    def setting(self) -> Setting:
        """That of this episode."""
        return self._settings[self.bandit.arm]

    def after(self, step: int, learner: nn.Module) -> None:
        """Ends an episode where one is over.

        Args:
            step: of the training that is done.
            learner: a `training.filter.model.Learner`, in training, and left so.
        """
        played = step - self._warm_up
        if played > 0 and played % EPISODE == 0:
            self.bandit.learn(reward(learner, self._known, self._probe, self._sigma, self._seed))


def controlled(data: CropSet, recipe: Recipe, seed: int) -> tuple[CropSet, Controller | None]:
    """What there is to learn from, and a controller where one is wanted and has people to hide.

    Args:
        data: of a training.
        recipe: of it.
        seed: of it.

    Raises:
        ValueError: if several processes train together; each would see something else.
    """
    if not recipe.controlled:
        return data, None
    if world() > 1:
        raise ValueError("A training with a controller takes place in one process.")
    aside = held_out(data, seed)
    if not aside.any():
        return data, None
    learned = data.take(~aside)
    return learned, Controller(recipe, learned, data.take(aside), seed)


def held_out(data: CropSet, seed: int) -> NDArray[np.bool_]:
    """Which rows a controller is rewarded on: (N,); no group is separated.

    Args:
        data: of a training.
        seed: of who is dealt where.
    """
    named: NDArray[np.bool_] = (data.subject != UNKNOWN) & (data.emotion != UNKNOWN)
    if not named.any():
        return named
    part = assign_folds(data.subject[named], data.group[named], PARTS, seed)
    return np.isin(data.group, data.group[named][part == 0])


def reward(learner: nn.Module, known: CropSet, probe: CropSet, sigma: float, seed: int) -> float:
    """How much is read and how little is told: the mean of both, 0 to 1.

    Args:
        learner: a `training.filter.model.Learner`; it is left in training.
        known: those faces that it learns from and whose person is known: the gallery, without
            noise, of who names people.
        probe: what it does not learn from.
        sigma: of the probe's noise.
        seed: of that noise.
    """
    gallery, _ = _released(learner, known.crops, 0.0, seed)
    released, emotion = _released(learner, probe.crops, sigma, seed)
    labelled = probe.emotion != UNKNOWN
    read = float((emotion == probe.emotion)[labelled].mean())
    return (read + _hidden(known, gallery, probe, released)) / 2


def _hidden(
    known: CropSet, gallery: NDArray[np.float64], probe: CropSet, released: NDArray[np.float64]
) -> float:
    """1 where no more people are named than by guessing, 0 where all are; the mean of the sets."""
    hidden = []
    for source in np.unique(probe.source):
        listed = known.source == source
        people = np.unique(known.subject[listed])
        probed = (probe.source == source) & np.isin(probe.subject, people)
        if len(people) < 2 or not probed.any():
            continue
        split = Split(
            gallery[listed], known.subject[listed], released[probed], probe.subject[probed]
        )
        named = closed_set([split], [NEAREST])[NEAREST.name].rate.rate
        chance = 1 / len(people)
        hidden.append(1 - max(0.0, named - chance) / (1 - chance))
    return float(np.mean(hidden)) if hidden else 1.0


def _released(
    learner: nn.Module, crops: NDArray[np.uint8], sigma: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What is released of crops, (N, D), and the emotions that are read, (N,)."""
    here = device()
    learner.eval()
    with torch.no_grad():
        answers = [
            learner(part.to(here), torch.zeros((), device=here))
            for part in torch.from_numpy(crops).split(512)
        ]
    learner.train()
    clean, _, logits = (torch.cat(parts).cpu() for parts in zip(*answers, strict=True))
    noise = sigma * np.random.default_rng(seed).standard_normal(clean.shape)
    return clean.double().numpy() + noise, logits.argmax(dim=1).numpy()
