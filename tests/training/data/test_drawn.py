"""Drawn faces: the same by seed, found by the detector, telling both who and what mood."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from faceveil.vision.align import CropGeometry
from training.data import drawn
from training.data.crops import CropSet, crop_records
from training.data.record import EMOTIONS

DETECTOR = Path("models/detector/blazeface-short/model.onnx")
GEOMETRY = CropGeometry(width=32, height=32, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3))
PEOPLE, TAKES = 8, 4


@pytest.fixture(scope="module")
def crops() -> CropSet:
    return crop_records(list(drawn.load(people=PEOPLE, takes=TAKES)), DETECTOR, GEOMETRY)


def test_the_detector_finds_every_face(crops: CropSet) -> None:
    assert crops.report.without_face == ()


def test_no_two_pictures_are_taken_for_copies(crops: CropSet) -> None:
    assert len(crops) == PEOPLE * TAKES * len(EMOTIONS)
    assert crops.report.merged == ()


@pytest.mark.parametrize("label", ["emotion", "subject"])
def test_takes_not_seen_before_tell_mood_and_person(crops: CropSet, label: str) -> None:
    pixels = crops.crops.reshape(len(crops), -1).astype(np.float64)
    pixels = (pixels - pixels.mean(1, keepdims=True)) / pixels.std(1, keepdims=True)
    labels = getattr(crops, label)
    new = np.arange(len(crops)) % TAKES == 0
    reader = make_pipeline(PCA(40, random_state=0), LinearDiscriminantAnalysis())
    right = reader.fit(pixels[~new], labels[~new]).score(pixels[new], labels[new])
    assert right > 4 / len(np.unique(labels))  # four times chance


def test_a_seed_draws_the_same_pictures_again() -> None:
    first, again = ([r.read() for r in drawn.load(people=1, takes=1, seed=3)] for _ in range(2))
    assert first == again


def test_another_seed_draws_other_people() -> None:
    one, other = (next(drawn.load(people=1, seed=seed)).read() for seed in (0, 1))
    assert one != other


def test_more_people_and_takes_leave_the_first_ones_as_they_are() -> None:
    few = {r.identifier: r.read() for r in drawn.load(people=1, takes=1)}
    many = {r.identifier: r for r in drawn.load(people=2, takes=2)}
    assert all(many[name].read() == picture for name, picture in few.items())
