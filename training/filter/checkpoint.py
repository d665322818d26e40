"""An unfinished training on the disk: whoever stops it loses a minute at most.

Everything that the next step depends on is kept, random generators too, so a training that went on
from here makes the same filter, bit for bit, as one that nobody stopped (on one kind of device).
"""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from training.filter.distributed import agreed, gathered, is_first, rank, world

EVERY_S = 60.0


class Part(Protocol):
    """Something whose state changes from step to step: a network, an optimiser, a schedule."""

    def state_dict(self) -> dict[str, Any]:
        """All of it, in tensors and plain values."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Takes it over."""
        ...


class Randomness:
    """The random generators that a process draws from, as one part."""

    def __init__(self, generator: np.random.Generator, device: torch.device) -> None:
        self._generator = generator
        self._device = device

    def state_dict(self) -> dict[str, Any]:
        """Of NumPy's generator and of torch's."""
        drawn = {
            "numpy": json.dumps(self._generator.bit_generator.state),
            "cpu": torch.get_rng_state(),
        }
        if self._device.type == "cuda":
            drawn["cuda"] = torch.cuda.get_rng_state(self._device)
        return drawn

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from there."""
        self._generator.bit_generator.state = json.loads(state_dict["numpy"])
        torch.set_rng_state(state_dict["cpu"])
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(state_dict["cuda"], self._device)


class Checkpoint:
    """Where a training that is not finished is kept.

    The first of several processes writes for all: their networks are alike, and each one's random
    generators are handed to it.
    """

    def __init__(self, file: Path, every_s: float | None = None) -> None:
        """Names the place.

        Args:
            file: in the run's folder, which is claimed for one recipe, seed and data.
            every_s: seconds of training between two writings, `EVERY_S` where none are given; what
                is lost at most.
        """
        self._file = file
        self._every_s = EVERY_S if every_s is None else every_s
        self._last = time.monotonic()

    def restore(self, parts: Mapping[str, Part], randomness: Randomness) -> int:
        """Brings everything to where the training was stopped.

        A checkpoint of another kind of device, or of another number of processes, is left alone:
        from there on other images would be drawn, or other sums made.

        Returns:
            The last step that is done; 0 where there is nothing to go on from.
        """
        self._last = time.monotonic()
        if not agreed(self._file.exists()):
            return 0
        kept = torch.load(self._file, map_location="cpu", weights_only=True)
        drawn = kept["randomness"]
        if len(drawn) != world() or drawn[rank()].keys() != randomness.state_dict().keys():
            return 0
        for name, part in parts.items():
            part.load_state_dict(kept["parts"][name])
        randomness.load_state_dict(drawn[rank()])
        return int(kept["step"])

    def keep(self, step: int, parts: Mapping[str, Part], randomness: Randomness) -> None:
        """Writes everything down after a step, if that was last done long enough ago."""
        if not agreed(time.monotonic() - self._last >= self._every_s):
            return
        drawn = gathered(randomness.state_dict())
        if is_first():
            states = {name: part.state_dict() for name, part in parts.items()}
            draft = self._file.with_name(self._file.name + ".draft")
            with draft.open("wb") as file:
                torch.save({"step": step, "parts": states, "randomness": drawn}, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._file)
        self._last = time.monotonic()

    def forget(self) -> None:
        """Deletes it: the training is finished."""
        if is_first():
            self._file.unlink(missing_ok=True)
