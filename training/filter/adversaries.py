"""The adversaries of training: heads that guess whose a released embedding is."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from training.filter.distributed import together
from training.filter.networks import head
from training.filter.objectives import confusion

LEARNING_RATE = 3e-3
_NO_CANDIDATE = -1e9


class Adversaries:
    """Several heads of different depth, each with all people of all sets as its classes.

    An image's candidates are the people of its own set: which set it comes from is easily seen and
    is not what is to be hidden.
    """

    def __init__(
        self, depths: Sequence[tuple[int, ...]], dimension: int, people: Tensor, sources: Tensor
    ) -> None:
        """Makes the heads.

        Args:
            depths: hidden layers of each head.
            dimension: of what the heads see.
            people: (N,) whom each training image shows, negative where nobody knows.
            sources: (N,) the set it comes from.
        """
        self._people = int(people.max()) + 1
        self._depths = tuple(depths) if self._people else ()
        self._dimension = dimension
        self._device = people.device
        self._set_of_person = torch.full((self._people,), -1, device=self._device)
        known = people >= 0
        self._set_of_person[people[known]] = sources[known]
        self._heads: list[nn.Module] = [nn.Identity()] * len(self._depths)
        self._optimisers: dict[int, torch.optim.Optimizer] = {}
        for number in range(len(self._depths)):
            self.restart(number)

    def __len__(self) -> int:
        """How many heads guess; none where there is nobody to name."""
        return len(self._heads)

    def restart(self, number: int) -> None:
        """Makes one head anew (numbers wrap around), so that none is fooled for good."""
        number %= len(self._depths)
        new = head(self._dimension, self._people, self._depths[number]).to(self._device)
        self._heads[number] = together(new)
        self._optimisers[number] = torch.optim.Adam(new.parameters(), LEARNING_RATE)

    def state_dict(self) -> dict[str, Any]:
        """All heads and their optimisers, for a checkpoint."""
        return {
            "heads": [_bare(one).state_dict() for one in self._heads],
            "optimisers": [self._optimisers[number].state_dict() for number in range(len(self))],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave."""
        for number, one in enumerate(self._heads):
            _bare(one).load_state_dict(state_dict["heads"][number])
            self._optimisers[number].load_state_dict(state_dict["optimisers"][number])

    def learn(self, seen: Tensor, person: Tensor, source: Tensor) -> None:
        """One update of every head by cross-entropy; what is seen carries no gradient."""
        for number, adversary in enumerate(self._heads):
            adversary.requires_grad_(True)
            logits = self._logits(adversary, seen, source)
            known = (person >= 0).sum().clamp(min=1)
            loss = functional.cross_entropy(logits, person, ignore_index=-1, reduction="sum")
            self._optimisers[number].zero_grad()
            (loss / known).backward()
            self._optimisers[number].step()

    def confusion(self, seen: Tensor, person: Tensor, source: Tensor) -> Tensor:
        """The filter's loss against all heads: their mean distance from knowing nothing."""
        known = person >= 0
        if not known.any():
            return seen.sum() * 0.0
        candidates = (source[known][:, None] == self._set_of_person).sum(dim=1).float()
        for adversary in self._heads:
            adversary.requires_grad_(False)  # frozen (line 3): only the filter learns from this
        losses = [
            confusion(self._logits(adversary, seen[known], source[known]), candidates)
            for adversary in self._heads
        ]
        return torch.stack(losses).mean()

    def _logits(self, adversary: nn.Module, seen: Tensor, source: Tensor) -> Tensor:
        foreign = source[:, None] != self._set_of_person
        logits: Tensor = adversary(seen)
        return logits.masked_fill(foreign, _NO_CANDIDATE)


def _bare(module: nn.Module) -> nn.Module:
    """The module itself, where it is wrapped to be trained together."""
    return module.module if isinstance(module, DistributedDataParallel) else module
