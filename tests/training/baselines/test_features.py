"""Features made by hand find what is planted in a crop, and nothing under shuffled labels."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.reproduction.made_up import PEOPLE, made_up_part, made_up_turn
from training.data.crops import CropSet
from training.studies.reproduction.feature_systems import CLASSIFIER, HAND_MADE, features_of

every_feature = pytest.mark.parametrize("name", HAND_MADE)


def _correct(part: CropSet, name: str, *, identity: bool) -> float:
    turn = made_up_turn(part, folds=2)
    features = features_of(name, part.crops, turn)
    found = turn.classified(features, CLASSIFIER, identity=identity)
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
    turn = made_up_turn()
    features = features_of(name, turn.fold.part.crops, turn)
    assert len(features) == len(turn.fold.part)
    assert np.isfinite(features).all()


def test_eigenfaces_are_learned_from_the_training_fold_alone() -> None:
    turn = made_up_turn()
    crops = turn.fold.part.crops.copy()
    before = features_of("eigenfaces", crops, turn)
    crops[turn.fold.tested] = 255 - crops[turn.fold.tested]
    after = features_of("eigenfaces", crops, turn)
    learned = ~turn.fold.tested
    np.testing.assert_allclose(before[learned], after[learned], atol=1e-6)
