"""Processes that torchrun started train one filter; alone, the same code trains it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.training.together import RECIPE
from training.filter import distributed
from training.filter.networks import head

ROOT = Path(__file__).parents[2]


def test_alone_nothing_is_wrapped_and_what_is_said_is_agreed() -> None:
    module = head(2, 2, ())
    with distributed.processes():
        assert distributed.together(module) is module
        assert distributed.agreed(True)
        assert not distributed.agreed(False)
        assert (distributed.rank(), distributed.world()) == (0, 1)
        assert distributed.is_first()


def _together(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tests.training.together", str(folder), *arguments]
    return subprocess.run(  # noqa: S603 - our own interpreter
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("together")
    ended = _together(folder)
    assert ended.returncode == 0, ended.stderr
    return folder


def test_two_processes_make_one_filter(made: Path) -> None:
    one, other = (np.load(made / f"weights-{rank}.npy") for rank in (0, 1))
    np.testing.assert_array_equal(one, other)
    # Each learned from its own half of every batch.
    first, second = (np.load(made / f"faces-{rank}.npy") for rank in (0, 1))
    assert len(first) == len(second) == RECIPE.steps * RECIPE.batch // 2
    assert (first != second).any(axis=(1, 2)).mean() > 0.5
    # The first came alone, and left what the other found.
    assert [(made / f"order-{rank}").read_text() for rank in (0, 1)] == ["0", "1"]
    assert [file.name for file in made.glob("*.pt")] == ["filter.pt"]


def test_two_processes_that_were_killed_go_on_as_if_they_had_not_been(
    made: Path, tmp_path: Path
) -> None:
    assert _together(tmp_path, "3").returncode != 0
    assert not (tmp_path / "filter.pt").exists()
    ended = _together(tmp_path)
    assert ended.returncode == 0, ended.stderr
    for rank in (0, 1):
        faces, all_faces = (np.load(at / f"faces-{rank}.npy") for at in (tmp_path, made))
        assert len(faces) == 2 * RECIPE.batch // 2, "two steps of four were left"
        np.testing.assert_array_equal(faces, all_faces[-len(faces) :])
        weights, all_weights = (np.load(at / f"weights-{rank}.npy") for at in (tmp_path, made))
        np.testing.assert_array_equal(weights, all_weights)
