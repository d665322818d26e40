"""A run is trained in the faster arithmetic, or in the one that was asked for, and keeps to it."""

import json
from pathlib import Path

import pytest

from training.filter import precision
from training.filter.algorithm import Recipe
from training.filter.arithmetic import Precision
from training.filter.precision import FILE, settled

RECIPE = Recipe(dimension=4, filters=(4, 4), batch=8)
BFLOAT16, FLOAT32 = Precision.BFLOAT16, Precision.FLOAT32


def _timed(monkeypatch: pytest.MonkeyPatch, float32: float, bfloat16: float) -> list[Precision]:
    asked: list[Precision] = []

    def seconds(one: Precision, *_: object) -> float:
        asked.append(one)
        return {FLOAT32: float32, BFLOAT16: bfloat16}[one]

    monkeypatch.setattr(precision, "_seconds_a_step", seconds)
    return asked


def _settled(asked: Precision, run: Path) -> Precision:
    return settled(asked, RECIPE, 16, 3, run)


@pytest.mark.parametrize(
    ("float32", "bfloat16", "taken"),
    [(0.3, 0.15, BFLOAT16), (0.34, 3.5, FLOAT32), (0.30, 0.29, FLOAT32)],
    ids=["computed", "imitated", "no gain"],
)
def test_the_faster_one_is_taken_and_said_with_both_times(
    float32: float,
    bfloat16: float,
    taken: Precision,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _timed(monkeypatch, float32, bfloat16)
    assert _settled(Precision.AUTO, tmp_path / "run") == taken
    said = capsys.readouterr().err
    times = f"{float32:.3g} s in float32, {bfloat16:.3g} s in bfloat16"
    assert said == f"Trains in {taken}: a step takes {times}.\n"


def test_a_run_that_goes_on_keeps_its_own_though_the_machine_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _timed(monkeypatch, 0.3, 0.15)
    assert _settled(Precision.AUTO, tmp_path) == BFLOAT16
    asked = _timed(monkeypatch, 0.3, 3.0)
    assert _settled(Precision.AUTO, tmp_path) == BFLOAT16
    assert _settled(BFLOAT16, tmp_path) == BFLOAT16
    assert not asked, "nothing is timed again"
    assert json.loads((tmp_path / FILE).read_text())["precision"] == "bfloat16"


@pytest.mark.parametrize("asked", [BFLOAT16, FLOAT32])
def test_what_is_asked_for_is_taken_without_timing(
    asked: Precision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = _timed(monkeypatch, 0.3, 0.15)
    assert _settled(asked, tmp_path) == asked
    assert _settled(Precision.AUTO, tmp_path) == asked
    assert not timed


def test_another_one_than_a_run_began_with_is_refused(tmp_path: Path) -> None:
    _settled(FLOAT32, tmp_path)
    with pytest.raises(ValueError, match="began in float32"):
        _settled(BFLOAT16, tmp_path)


def test_steps_are_timed_on_the_base_itself(tmp_path: Path) -> None:
    taken = _settled(Precision.AUTO, tmp_path)
    kept = json.loads((tmp_path / FILE).read_text())
    assert taken in (BFLOAT16, FLOAT32)
    assert kept["precision"] == taken
    assert kept["seconds_a_step"].keys() == {"float32", "bfloat16"}
    assert min(kept["seconds_a_step"].values()) > 0
