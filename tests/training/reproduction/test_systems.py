"""Each system tells of every tested row what it is asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from faceveil.audit.attackers import LDA, NEAREST
from faceveil.audit.closed_set import pooled
from tests.training.reproduction.made_up import EMOTIONS, PEOPLE, TINY, made_up_fold, made_up_part
from training.filter.algorithm import Recipe
from training.lab.cells import Outcomes
from training.lab.folds import Fold, renumbered
from training.lab.system import System
from training.paper.published import PAPER, TASK
from training.studies.features import (
    HAND_MADE,
    PIXELS,
    SHUFFLED,
    control_systems,
    degraded_systems,
    hand_made_systems,
)
from training.studies.reproduction.paper_systems import paper_systems
from training.studies.reproduction.strong_system import strong_system

RECIPE = Recipe(dimension=4, filters=(4, 4), steps=3, warm_up=1, batch=16)


@pytest.fixture(scope="module")
def fold() -> Fold:
    torch.set_num_threads(1)
    return made_up_fold()


def _run(system: System, fold: Fold) -> Outcomes:
    shares: list[float] = []
    found = system.run(fold, shares.append)
    assert shares
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    return found


def _rate(found: Outcomes, key: str, classes: int) -> float:
    return pooled(key, classes, found[key]).rate.rate


def test_the_papers_systems_answer_for_every_tested_row(fold: Fold) -> None:
    found: Outcomes = {}
    for system in paper_systems(TINY, (LDA, NEAREST), (NEAREST,), copies_seed=0):
        found |= _run(system, fold)
    assert set(found) == {*TASK, "lda", "nearest", "nearest, other emotions only"}
    tested = fold.tested.sum()
    for name, outcomes in found.items():
        assert sum(len(outcome.subject) for outcome in outcomes) == tested, name
    for name, task in TASK.items():
        truth = fold.labels(task == "identity")[fold.tested]
        assert found[name][0].subject == truth.tolist()


def test_what_the_paper_reports_is_asked_of_our_systems() -> None:
    for published in PAPER.values():
        assert set(published.accuracy) < set(TASK)


def test_the_strong_filter_is_also_attacked_with_a_noise_free_gallery(fold: Fold) -> None:
    found = _run(strong_system(RECIPE, 0.5, (LDA,), (NEAREST,)), fold)
    assert set(found) == {
        "emotion",
        "lda",
        "nearest, other emotions only",
        "lda, noise-free gallery",
        "nearest, noise-free gallery, other emotions only",
    }


def test_hand_made_features_and_degraded_pictures_tell_emotion_and_identity(fold: Fold) -> None:
    for system in hand_made_systems():
        found = _run(system, fold)
        assert _rate(found, "emotion", EMOTIONS) > 2 / EMOTIONS
        assert _rate(found, "identity", PEOPLE) > 2 / PEOPLE
    (noise,) = degraded_systems({"noise": (16.0,)})
    assert set(_run(noise, fold)) == {
        f"{task}/{name}" for task in ("emotion", "identity") for name in HAND_MADE
    }


def test_pixels_are_caught_and_shuffled_names_are_not(fold: Fold) -> None:
    raw, shuffled = control_systems((LDA,))
    assert (raw.name, shuffled.name) == (PIXELS, SHUFFLED)
    assert _rate(_run(raw, fold), "lda", PEOPLE) > 0.9
    assert _rate(_run(shuffled, fold), "lda", PEOPLE) < 0.6


def test_all_folds_see_the_same_shuffled_names(fold: Fold) -> None:
    _, shuffled = control_systems((LDA,))
    later = replace(fold, number=2, seed=fold.seed + 2)
    assert _run(shuffled, fold)["lda"][0].subject == _run(shuffled, later)["lda"][0].subject


def test_labels_are_numbered_without_gaps() -> None:
    part = made_up_part()
    gapped = replace(part, emotion=part.emotion * 3 + 1, subject=part.subject * 2 + 5)
    np.testing.assert_array_equal(renumbered(gapped).emotion, part.emotion)
    np.testing.assert_array_equal(renumbered(gapped).subject, part.subject)
