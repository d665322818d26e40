"""A verifier finds what vectors tell of people, says how sure it is, and errs as it says."""

import numpy as np
import pytest
from scipy.special import expit

from training.lab.verifier import Pairs, halved, judged, learned, paired

PEOPLE, TAKES, WIDTH = 160, 4, 6
SUBJECT = np.repeat(np.arange(PEOPLE), TAKES)
APART = np.arange(len(SUBJECT))


def _vectors(between: float, seed: int = 0) -> np.ndarray:
    """Of people who differ in the first two numbers, so much more than pictures of one do."""
    generator = np.random.default_rng(seed)
    own = generator.normal(0, between, (PEOPLE, WIDTH)) * (np.arange(WIDTH) < 2)
    return np.repeat(own, TAKES, axis=0) + generator.normal(0, 1, (len(SUBJECT), WIDTH)) + 5


def _tested(vectors: np.ndarray) -> tuple[np.ndarray, Pairs]:
    half = halved(SUBJECT, 2, 0)
    known = half == 0
    verifier = learned(vectors[known], SUBJECT[known], APART[known], 0)
    pairs = paired(np.flatnonzero(~known), SUBJECT, APART, 0)
    return verifier.log_odds(vectors, pairs), pairs


def test_strangers_are_told_apart_as_far_as_their_vectors_differ() -> None:
    rates = []
    for between in (0.0, 1.0, 3.0):
        odds, pairs = _tested(_vectors(between))
        rates.append(judged(odds, pairs, SUBJECT, 0).eer)
    nothing, some, much = rates
    assert nothing.low < 0.5 < nothing.high
    assert much.high < some.low < some.high < nothing.low


def test_the_best_that_can_be_done_is_done() -> None:
    odds, pairs = _tested(_vectors(2.0))
    spread, vectors = 4.0, _vectors(2.0)[:, :2] - 5
    x, y = vectors[pairs.one], vectors[pairs.other]
    joint = np.linalg.inv([[spread + 1, spread], [spread, spread + 1]])
    # The ratio of the densities that the vectors were drawn from; no attacker passes it.
    same = joint[0, 0] * (x**2 + y**2) + 2 * joint[0, 1] * x * y
    best = -0.5 * (same - (x**2 + y**2) / (spread + 1)).sum(axis=1)
    reached, most = (judged(each, pairs, SUBJECT, 0).auc for each in (odds, best))
    assert reached.value == pytest.approx(most.value, abs=0.01)


def test_chances_are_shares_of_the_pairs_that_are_given_them() -> None:
    odds, pairs = _tested(_vectors(1.5))
    chance = expit(odds)
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1)):
        given = (low <= chance) & (chance < high)
        assert given.sum() > 50
        assert pairs.same[given].mean() == pytest.approx(chance[given].mean(), abs=0.1)


def test_no_pair_is_judged_more_surely_than_enough_others_were() -> None:
    vectors = _vectors(1.5)
    known = halved(SUBJECT, 2, 0) == 0
    verifier = learned(vectors[known], SUBJECT[known], APART[known], 0)
    far = vectors.mean(axis=0) + 100.0  # the like of which it has never seen
    odds = verifier.log_odds(
        np.stack([far, far, -far]), Pairs(np.array([0, 0]), np.array([1, 2]), np.ones(2, bool))
    )
    pairs = paired(np.flatnonzero(known), SUBJECT, APART, 0)
    others = verifier.log_odds(vectors, pairs)
    assert odds == pytest.approx([others.max(), others.min()])


def test_half_of_the_pairs_are_of_one_person_and_none_is_of_near_copies() -> None:
    group = APART // 2  # of each person's four, two and two are near copies
    pairs = paired(np.arange(40), SUBJECT, group, 0)
    assert pairs.same.sum() == len(pairs.same) / 2 == 10 * 4
    assert (group[pairs.one] != group[pairs.other]).all()
    assert ((SUBJECT[pairs.one] == SUBJECT[pairs.other]) == pairs.same).all()
    again = paired(np.arange(40), SUBJECT, group, 1)
    assert not np.array_equal(again.other, pairs.other)


@pytest.mark.parametrize("rows", [np.arange(4), np.arange(0, 40, TAKES)])
def test_pictures_of_too_few_people_or_one_of_each_are_refused(rows: np.ndarray) -> None:
    with pytest.raises(ValueError, match="several pictures each of many people"):
        paired(rows, SUBJECT, APART, 0)


def test_nobody_is_in_two_parts() -> None:
    part = halved(SUBJECT, 5, 0)
    assert {len(set(part[person == SUBJECT])) for person in range(PEOPLE)} == {1}
    assert np.bincount(part).tolist() == [PEOPLE // 5 * TAKES] * 5


def test_intervals_are_of_people_and_not_of_pairs() -> None:
    # Two people, one of whom is always told and one never: whoever draws them again sees all.
    pairs = Pairs(np.array([0, 2, 0, 2]), np.array([1, 3, 3, 1]), np.arange(4) < 2)
    odds = np.array([5.0, -5.0, 0.0, 0.0])
    found = judged(odds, pairs, np.array([0, 0, 1, 1]), 0)
    assert (found.auc.low, found.auc.value, found.auc.high) == (0.5, 0.5, 0.5)
    assert found.same.tolist() == [0.5, *[0.0] * 18, 0.5]
    assert found.different[10] == 1
