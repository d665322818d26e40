"""Trains a little in each process that torchrun started, and writes down what came out."""

import os
import signal
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from tests.training.faces import made_up_crops
from training.filter import algorithm
from training.filter.algorithm import Recipe, train
from training.filter.augment import augment
from training.filter.checkpoint import Checkpoint
from training.filter.distributed import agreed, first_alone, is_first, processes, rank
from training.filter.files import cached

RECIPE = Recipe(dimension=4, filters=(4, 4), steps=4, warm_up=1, batch=24, restart_every=2)


def main(folder: Path, stop_after: int | None) -> None:
    """Trains.

    Args:
        folder: for what comes out, and for a checkpoint after each step.
        stop_after: step after which the first process is killed; none to go to the end.
    """
    torch.set_num_threads(1)

    def progress(step: int, losses: dict[str, float]) -> None:
        if step == stop_after and losses and is_first():
            os.kill(os.getpid(), signal.SIGKILL)

    drawn: list[torch.Tensor] = []

    def watched(faces: torch.Tensor, jitter: float, *, strong: bool) -> torch.Tensor:
        drawn.append(faces)
        return augment(faces, jitter, strong=strong)

    with processes(), patch.object(algorithm, "augment", watched):
        with first_alone():
            (folder / f"order-{rank()}").write_text(str(len(list(folder.glob("order-*")))))
        part = made_up_crops(people=3, takes=2)
        made = cached(
            folder / "filter.pt",
            part.crops.shape[1],
            3,
            RECIPE,
            lambda: train(
                part,
                RECIPE,
                classes=3,
                seed=0,
                progress=progress,
                checkpoint=Checkpoint(folder / "checkpoint", every_s=0.0),
            ),
        )
        weights = torch.cat([p.flatten() for p in made.base.parameters()]).detach().numpy()
        np.save(folder / f"weights-{rank()}.npy", weights)
        np.save(folder / f"faces-{rank()}.npy", torch.cat(drawn).numpy())
        assert agreed(is_first())
    # A thread of the group that outlives it may end the process, whenever Python ends.
    names = [task.joinpath("comm").read_text() for task in Path("/proc/self/task").glob("*")]
    assert not [name for name in names if "gloo" in name], names


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
