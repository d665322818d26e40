"""Pairs are of one person and of two, each there once, and never of near copies."""

import numpy as np
import pytest

from training.lab.pairs import in_parts, paired

PEOPLE, TAKES = 40, 4
SUBJECT = np.repeat(np.arange(PEOPLE), TAKES)
APART = np.arange(len(SUBJECT))


def test_half_of_the_pairs_are_of_one_person_and_none_is_of_near_copies() -> None:
    group = APART // 2  # of each person's four, two and two are near copies
    pairs = paired(np.arange(40), SUBJECT, group, 0)
    assert pairs.same.sum() == len(pairs.same) / 2 == 10 * 4
    assert (group[pairs.one] != group[pairs.other]).all()
    assert ((SUBJECT[pairs.one] == SUBJECT[pairs.other]) == pairs.same).all()
    assert len({*zip(pairs.one, pairs.other, strict=True)}) == len(pairs.same), (
        "none is there twice"
    )
    again = paired(np.arange(40), SUBJECT, group, 1)
    assert not np.array_equal(again.other, pairs.other)


@pytest.mark.parametrize("rows", [np.arange(4), np.arange(0, 40, TAKES)])
def test_pictures_of_too_few_people_or_one_of_each_are_refused(rows: np.ndarray) -> None:
    with pytest.raises(ValueError, match="several pictures each of many people"):
        paired(rows, SUBJECT, APART, 0)


def test_near_copies_are_no_pair_of_two_people_either() -> None:
    group = APART.copy()
    group[4:40:4] = group[0:36:4]  # one picture, of which two people are told to be shown
    pairs = paired(np.arange(40), SUBJECT, group, 0)
    assert (group[pairs.one] != group[pairs.other]).all()


def test_nobody_is_in_two_parts() -> None:
    part = in_parts(SUBJECT, 5, 0)
    assert {len(set(part[person == SUBJECT])) for person in range(PEOPLE)} == {1}
    assert np.bincount(part).tolist() == [PEOPLE // 5 * TAKES] * 5
