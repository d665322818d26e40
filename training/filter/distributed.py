"""Processes that train one filter together, as torchrun starts them; alone, the same code runs.

`torchrun --no-python --nproc-per-node 2 faceveil train ...` trains with two processes of a machine;
torchrun's own options join machines. Each process draws its share of every batch, and the gradients
are averaged (`torch.nn.parallel.DistributedDataParallel`). The first process alone cuts crops
before that, and judges and writes after it.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

_LONGEST_WAIT = timedelta(days=2)
"""The others wait while the first process cuts crops and asks the teacher."""


@contextmanager
def processes() -> Iterator[None]:
    """Joins the processes that torchrun started; without torchrun it does nothing.

    Raises:
        ValueError: if there are fewer GPUs than processes on this machine.
    """
    if not distributed.is_torchelastic_launched():
        yield
        return
    # DistributedDataParallel imports it, and it keeps the group that it then finds for ever, with
    # the group's threads: one that is at work when Python ends takes the process down with it.
    import_module("torch._dynamo")
    here = device()
    if here.type == "cuda":
        torch.cuda.set_device(here)
    backend = "nccl" if here.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=_LONGEST_WAIT)
    try:
        yield
    finally:
        gc.collect()  # what trained together holds the group in circles
        distributed.destroy_process_group()


def device() -> torch.device:
    """Where this process trains: its own GPU where there is one, or else the CPU.

    Raises:
        ValueError: if there are GPUs, and fewer than processes.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    number = int(os.environ.get("LOCAL_RANK", "0"))
    if number >= torch.cuda.device_count():
        raise ValueError(f"Start at most {torch.cuda.device_count()} processes: one for each GPU.")
    return torch.device("cuda", number)


def refuse_several(command: str) -> None:
    """For commands that train in one process only.

    Raises:
        ValueError: if torchrun started this one.
    """
    if distributed.is_torchelastic_launched():
        raise ValueError(f"{command} trains in one process: start it without torchrun.")


def rank() -> int:
    """Number of this process, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_first() -> bool:
    """Whether this process is the one that judges, writes and speaks."""
    return rank() == 0


def together(module: nn.Module) -> nn.Module:
    """The module, with its gradients averaged over all processes.

    All start from the first process's values.
    """
    return DistributedDataParallel(module) if world() > 1 else module


def agreed(mine: bool) -> bool:
    """What the first process says, in every process; waits until all have come here."""
    if world() == 1:
        return mine
    said: Tensor = torch.tensor([mine], dtype=torch.uint8, device=device())
    distributed.broadcast(said, src=0)
    return bool(said.item())


def gathered(mine: dict[str, Any]) -> list[dict[str, Any]]:
    """What each process has, by rank, in every process; it can be pickled."""
    if world() == 1:
        return [mine]
    every: list[Any] = [None] * world()
    distributed.all_gather_object(every, mine)
    return every


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process does the block; then the others do, and find what it left on the disk."""
    if world() > 1 and not is_first():
        distributed.barrier()
    yield
    if world() > 1 and is_first():
        distributed.barrier()
