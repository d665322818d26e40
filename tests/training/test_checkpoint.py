"""A training that was stopped goes on where it was, and ends as if nobody had stopped it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.faces import made_up_crops
from training.filter import controller
from training.filter.algorithm import Filter, Recipe, train
from training.filter.checkpoint import Checkpoint

RECIPE = Recipe(
    dimension=4,
    filters=(4, 4),
    steps=9,
    warm_up=2,
    batch=16,
    restart_every=4,
    mixed_precision=False,
)
EVERYTHING = replace(
    RECIPE,
    votes=True,
    strong_changes=True,
    mixup=0.2,
    average=0.99,
    codewords=5,
    faces_a_codeword=1,
    controlled=True,
)
PART = made_up_crops(people=3, takes=2)
ROOT = Path(__file__).parents[2]


def _trained(
    file: Path | None = None,
    stop_after: int | None = None,
    every_s: float = 0.0,
    recipe: Recipe = RECIPE,
) -> tuple[Filter, list[int]]:
    steps: list[int] = []

    def progress(step: int, losses: dict[str, float]) -> None:
        steps.append(step)
        if step == stop_after and losses:
            raise KeyboardInterrupt

    kept = Checkpoint(file, every_s) if file else None
    return train(PART, recipe, classes=3, seed=1, progress=progress, checkpoint=kept), steps


def _values(made: Filter) -> dict[str, torch.Tensor]:
    return made.base.state_dict() | {
        f"head {k}": v for k, v in made.emotion_head.state_dict().items()
    }


@pytest.fixture(scope="module")
def whole() -> dict[str, torch.Tensor]:
    made, steps = _trained()
    assert steps == list(range(RECIPE.steps + 1))
    return _values(made)


def _assert_same(made: Filter, whole: dict[str, torch.Tensor]) -> None:
    values = _values(made)
    assert values.keys() == whole.keys()
    for name, value in values.items():
        assert torch.equal(value, whole[name]), name


@pytest.mark.parametrize("stop_after", [2, 3, 5, 8])  # warm-up, adversaries, after a restart, late
def test_it_ends_as_if_nobody_had_stopped_it(
    stop_after: int, whole: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    file = tmp_path / "fold.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        _trained(file, stop_after)
    torch.manual_seed(99)  # whatever else drew numbers meanwhile
    made, steps = _trained(file)
    assert steps == list(range(stop_after - 1, RECIPE.steps + 1)), "one step is done again"
    _assert_same(made, whole)


def test_so_does_one_with_votes_a_mean_of_weights_a_codebook_and_a_controller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "EPISODE", 2)
    whole = _values(_trained(recipe=EVERYTHING)[0])
    file = tmp_path / "fold.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        _trained(file, 6, recipe=EVERYTHING)
    made, steps = _trained(file, recipe=EVERYTHING)
    assert steps[0] == 5
    assert "codebook.codewords" in whole
    _assert_same(made, whole)


def test_it_can_be_stopped_again_and_again(whole: dict[str, torch.Tensor], tmp_path: Path) -> None:
    for stop_after in (3, 4, 7):
        with pytest.raises(KeyboardInterrupt):
            _trained(tmp_path / "fold.checkpoint", stop_after)
    _assert_same(_trained(tmp_path / "fold.checkpoint")[0], whole)


def test_a_process_that_was_killed_leaves_a_checkpoint(
    whole: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    program = (
        "import os, signal, torch; torch.set_num_threads(1)\n"
        "from tests.training import test_checkpoint as t\n"
        "from training.filter.checkpoint import Checkpoint\n"
        "def stop(step, losses):\n"
        "    if step == 6: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"t.train(t.PART, t.RECIPE, classes=3, seed=1, progress=stop,\n"
        f"        checkpoint=Checkpoint(t.Path({str(tmp_path / 'fold.checkpoint')!r}), 0.0))\n"
    )
    killed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ, check=False, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    made, steps = _trained(tmp_path / "fold.checkpoint")
    assert steps[0] == 5
    _assert_same(made, whole)


def test_one_that_dies_while_it_is_written_leaves_the_one_before(
    whole: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fold.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        _trained(file, stop_after=4)

    def torn(_: object, opened: object) -> None:
        opened.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", torn)
        with pytest.raises(KeyboardInterrupt):
            _trained(file)
    made, steps = _trained(file)
    assert steps[0] == 3
    _assert_same(made, whole)


def test_it_is_written_once_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(torch, "save", lambda state, _: written.append(state["step"]))

    def progress(step: int, losses: dict[str, float]) -> None:
        now[0] += 25.0 if losses else 0.0

    kept = Checkpoint(tmp_path / "fold.checkpoint")
    train(PART, RECIPE, classes=3, seed=1, progress=progress, checkpoint=kept)
    assert written == [3, 6, 9]


def test_one_of_more_processes_is_not_gone_on_from(tmp_path: Path) -> None:
    file = tmp_path / "fold.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        _trained(file, stop_after=4)
    state = torch.load(file, weights_only=True)
    torch.save(state | {"randomness": state["randomness"] * 2}, file)
    assert _trained(file)[1][0] == 0


def test_it_is_deleted_when_the_training_is_finished(tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "fold.checkpoint", 0.0)
    train(PART, RECIPE, classes=3, seed=1, checkpoint=kept)
    assert (tmp_path / "fold.checkpoint").exists()
    kept.forget()
    assert list(tmp_path.iterdir()) == []
    kept.forget()  # as after a filter that was there already


def test_the_embedding_is_the_same_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _trained(tmp_path / "fold.checkpoint", stop_after=5)
    ours, theirs = _trained(tmp_path / "fold.checkpoint")[0], _trained()[0]
    np.testing.assert_array_equal(ours.embed(PART.crops), theirs.embed(PART.crops))
