"""The teacher is asked once for each crop; without it the run says what to install."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.training.faces import made_up_crops
from training.data.record import DataError
from training.filter import teacher

CROPS = made_up_crops(people=2, takes=3).crops


class _Pool:
    """Stands in for the pool of processes."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> "_Pool":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(
        self, look: Callable[[np.ndarray], np.ndarray], parts: list[np.ndarray]
    ) -> list[np.ndarray]:
        return [look(part) for part in parts]


class _Recogniser:
    """Sees the mean of each channel; takes what dlib's does, and nothing else."""

    def compute_face_descriptor(self, chips: list[np.ndarray]) -> list[np.ndarray]:
        assert {chip.shape for chip in chips} == {(150, 150, 3)}
        assert {chip.dtype for chip in chips} == {np.dtype(np.uint8)}
        return [chip.mean(axis=(0, 1)) for chip in chips]


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "side_by_side", _Pool)
    monkeypatch.setattr(teacher._Worker, "recogniser", _Recogniser(), raising=False)
    monkeypatch.setattr(teacher, "weights_file", lambda: "weights")
    monkeypatch.setattr(teacher, "_PART", 4)


@pytest.mark.usefixtures("recogniser")
def test_each_crop_has_its_row_in_order(tmp_path: Path) -> None:
    seen = teacher.likeness(CROPS, tmp_path)
    np.testing.assert_allclose(seen[:, 0], CROPS.mean(axis=(1, 2)), atol=2)  # and rounded


@pytest.mark.usefixtures("recogniser")
def test_a_run_that_was_cut_short_asks_only_for_what_is_missing(
    tmp_path: Path,
) -> None:
    whole = teacher.likeness(CROPS, tmp_path)
    sorted(tmp_path.iterdir())[0].unlink()
    told: list[tuple[int, int]] = []
    again = teacher.likeness(CROPS, tmp_path, lambda *far: told.append(far))
    np.testing.assert_array_equal(again, whole)
    assert told == [(16, len(CROPS)), (len(CROPS), len(CROPS))]


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(DataError, match=r"\./training\[teacher\]"):
        teacher.likeness(CROPS, tmp_path)
