"""Features made by hand find what is planted in a crop, and nothing under shuffled labels."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.reproduction.made_up import PEOPLE, made_up_fold, made_up_part
from training.data.crops import CropSet
from training.studies.features import CLASSIFIER, HAND_MADE

every_feature = pytest.mark.parametrize("name", HAND_MADE)


def _correct(part: CropSet, name: str, *, identity: bool) -> float:
    fold = made_up_fold(part, folds=2)
    features = HAND_MADE[name].of(part.crops, fold)
    found = fold.classified(features, CLASSIFIER, identity=identity)
    hits = [best == [own] for best, own in zip(found.best, found.subject, strict=True)]
    return float(np.mean(hits))


@every_feature
@pytest.mark.parametrize("identity", [True, False])
def test_a_planted_person_and_emotion_are_found(name: str, identity: bool) -> None:
    assert _correct(made_up_part(), name, identity=identity) > 0.75


@every_feature
def test_under_shuffled_names_nobody_is_found(name: str) -> None:
    part = made_up_part()
    shuffled = np.random.default_rng(3).permutation(part.subject)
    assert _correct(replace(part, subject=shuffled), name, identity=True) < 1 / PEOPLE + 0.25


@every_feature
def test_there_is_a_row_for_each_crop_and_it_is_finite(name: str) -> None:
    fold = made_up_fold()
    features = HAND_MADE[name].of(fold.part.crops, fold)
    assert len(features) == len(fold.part)
    assert np.isfinite(features).all()


def test_eigenfaces_are_learned_from_the_training_fold_alone() -> None:
    fold = made_up_fold()
    crops = fold.part.crops.copy()
    before = HAND_MADE["eigenfaces"].of(crops, fold)
    crops[fold.tested] = 255 - crops[fold.tested]
    after = HAND_MADE["eigenfaces"].of(crops, fold)
    learned = ~fold.tested
    np.testing.assert_allclose(before[learned], after[learned], atol=1e-6)
