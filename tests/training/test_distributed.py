"""Processes that torchrun started train one filter; alone, the same code trains it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.training.together import RECIPE
from training import distributed
from training.networks import head

ROOT = Path(__file__).parents[2]


def test_alone_nothing_is_wrapped_and_what_is_said_is_agreed() -> None:
    module = head(2, 2, ())
    with distributed.processes():
        assert distributed.together(module) is module
        assert distributed.agreed(True)
        assert not distributed.agreed(False)
        assert (distributed.rank(), distributed.world()) == (0, 1)
        assert distributed.is_first()


def test_two_processes_make_one_filter(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tests.training.together", str(tmp_path)]
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    one, other = (np.load(tmp_path / f"weights-{rank}.npy") for rank in (0, 1))
    np.testing.assert_array_equal(one, other)
    # Each learned from its own half of every batch.
    first, second = (np.load(tmp_path / f"faces-{rank}.npy") for rank in (0, 1))
    assert len(first) == len(second) == RECIPE.steps * RECIPE.batch // 2
    assert (first != second).any(axis=(1, 2)).mean() > 0.5
    # The first came alone, and left what the other found.
    assert [(tmp_path / f"order-{rank}").read_text() for rank in (0, 1)] == ["0", "1"]
    assert [file.name for file in tmp_path.glob("*.pt")] == ["filter.pt"]
