"""Copies are counted exactly, and stay with the image they are made of."""

import numpy as np
import pytest

from tests.training.faces import made_up_crops
from tests.training.reproduction.made_up import TINY, made_up_fold, made_up_part
from training.paper import augmentation
from training.paper.augmentation import augmented
from training.studies.reproduction.paper_systems import material_of

CROPS = made_up_crops(people=3, takes=2).crops  # 18 of them


@pytest.mark.parametrize("total", [18, 19, 50, 90])
def test_there_are_as_many_images_as_the_paper_says(total: int) -> None:
    made = augmented(CROPS, total, seed=0)
    assert made.crops.shape == (total, *CROPS.shape[1:])
    assert made.crops.dtype == np.uint8
    copies = np.bincount(made.source)
    assert copies.max() - copies.min() <= 1


def test_the_images_themselves_come_first_and_unchanged() -> None:
    made = augmented(CROPS, 40, seed=0)
    np.testing.assert_array_equal(made.crops[:18], CROPS)
    np.testing.assert_array_equal(made.source[:18], np.arange(18))


def test_a_set_that_is_large_enough_gets_no_copies() -> None:
    np.testing.assert_array_equal(augmented(CROPS, 5, seed=0).crops, CROPS)


def test_a_copy_differs_from_its_image_and_the_seed_decides_how() -> None:
    one, same, other = (augmented(CROPS, 36, seed).crops[18:] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert (one != CROPS).any()


def test_rows_of_some_images_are_theirs_and_their_copies_alone() -> None:
    made = augmented(CROPS, 90, seed=0)
    wanted = np.zeros(18, np.bool_)
    wanted[[2, 7]] = True
    rows = made.of(wanted)
    assert len(rows) == 10
    assert set(made.source[rows]) == {2, 7}


def test_no_copy_of_a_tested_image_trains_or_stops_a_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Images of one grey level each, and copies without grain: a pixel tells whose copy it is.
    monkeypatch.setattr(augmentation, "GRAIN", 0.0)
    part = made_up_part()
    part.crops[:] = np.arange(len(part), dtype=np.uint8)[:, None, None]
    fold = made_up_fold(part)
    material = material_of(fold, TINY, copies_seed=0)
    learned, checked = (
        {int(level) for level in sample.face.unique()}
        for sample in (material.learned, material.checked)
    )
    tested = {int(row) for row in np.flatnonzero(fold.tested)}
    assert not learned & tested
    assert not checked & tested
    assert not learned & checked
    assert learned | checked | tested == set(range(len(part)))


def test_an_image_and_its_copies_have_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation, "GRAIN", 0.0)
    part = made_up_part()
    part.crops[:] = np.arange(len(part), dtype=np.uint8)[:, None, None]
    sample = material_of(made_up_fold(part), TINY, copies_seed=0).learned
    row = sample.face[:, 0, 0].numpy()
    np.testing.assert_array_equal(sample.emotion.numpy(), part.emotion[row])
    np.testing.assert_array_equal(sample.person.numpy(), part.subject[row])
