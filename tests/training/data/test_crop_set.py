"""Joining sets keeps people and groups apart, and every label with its crop."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.crop_set import UNKNOWN, CropSet, join, limited
from training.data.record import EMOTIONS
from training.data.report import Copy, Report

labels = st.tuples(st.integers(UNKNOWN, 6), st.integers(UNKNOWN, 4), st.integers(0, 5))
sets = st.lists(st.lists(labels, min_size=1, max_size=8), min_size=1, max_size=4)


def crop_set(rows: list[tuple[int, int, int]], first: int = 0) -> CropSet:
    """One whose crops are filled with numbers of their own, from `first`."""
    count = len(rows)
    numbers = np.arange(first, first + count, dtype=np.uint8)
    emotion, subject, group = np.array(rows, np.int64).T
    crops = np.broadcast_to(numbers[:, None, None], (count, 2, 2))
    return CropSet(crops, emotion, subject, np.zeros(count, np.int64), group)


@given(sets)
def test_rows_share_a_person_or_a_group_only_within_their_set(
    parts: list[list[tuple[int, int, int]]],
) -> None:
    joined = join(crop_set(rows) for rows in parts)
    source = [number for number, rows in enumerate(parts) for _ in rows]
    flat = [row for rows in parts for row in rows]
    for i, (_, subject, group) in enumerate(flat):
        assert (joined.subject[i] == UNKNOWN) == (subject == UNKNOWN)
        for j, (_, other, together) in enumerate(flat):
            same_set = source[i] == source[j]
            if subject != UNKNOWN:
                assert (joined.subject[i] == joined.subject[j]) == (same_set and subject == other)
            assert (joined.group[i] == joined.group[j]) == (same_set and group == together)


@given(sets)
def test_labels_go_with_their_crops(parts: list[list[tuple[int, int, int]]]) -> None:
    starts = np.cumsum([0, *(len(rows) for rows in parts)]).tolist()
    joined = join(crop_set(rows, first) for rows, first in zip(parts, starts, strict=False))
    rows = np.random.default_rng(len(joined)).permutation(len(joined))
    taken = joined.take(rows)
    emotions = np.array([emotion for part in parts for emotion, *_ in part])
    assert np.array_equal(taken.emotion, emotions[taken.crops[:, 0, 0]])
    assert np.array_equal(taken.source, joined.source[taken.crops[:, 0, 0]])


def test_each_row_is_a_group_where_none_are_given() -> None:
    none = np.zeros(3, np.int64)
    bare = CropSet(np.zeros((3, 2, 2), np.uint8), none, none, none)
    assert len(set(bare.group.tolist())) == 3


def test_votes_stand_for_a_label_and_a_label_for_a_vote_of_all() -> None:
    voted = replace(
        crop_set([(0, 0, 0), (1, 0, 1), (UNKNOWN, 0, 2)]),
        votes=np.array([[0.75, 0.25, 0], [np.nan] * 3, [1, 0, 0]], np.float32),
    )
    joined = join([crop_set([(2, 0, 0)]), voted]).take(np.array([3, 2, 1, 0]))
    expected = [[0, 0, 0], [0, 1, 0], [0.75, 0.25, 0], [0, 0, 1]]
    np.testing.assert_array_equal(joined.shares(3), np.array(expected, np.float32))
    assert joined.shares(3, votes=False).tolist() == np.array(expected).round().tolist()
    assert joined.voted.tolist() == [False, False, True, False]


def test_fewer_labels_share_the_votes_that_are_left() -> None:
    votes = np.zeros((2, len(EMOTIONS)), np.float32)
    votes[0, :3] = 0.5, 0.25, 0.25
    votes[1, 0] = 1
    part = limited(replace(crop_set([(1, 0, 0), (0, 0, 1)]), votes=votes), EMOTIONS[1:3])
    np.testing.assert_array_equal(part.shares(2), np.array([[0.5, 0.5], [0, 0]], np.float32))


def test_traits_and_ballots_go_with_their_crops_and_are_unknown_elsewhere() -> None:
    described = replace(
        crop_set([(0, 0, 0), (1, 1, 1)]),
        traits={"sex": np.array(["female", "male"])},
        ballots=np.array([[0.9, 0.1], [0.2, 0.8]], np.float32),
    )
    joined = join([crop_set([(2, 0, 0)]), described])
    assert joined.traits["sex"].tolist() == ["", "female", "male"]
    assert np.isnan(joined.ballots[0]).all()
    taken = limited(joined.take(np.array([2, 0])), EMOTIONS[:2])
    assert {trait: words.tolist() for trait, words in taken.traits.items()} == {"sex": ["male", ""]}
    assert taken.ballots[0].tolist() == described.ballots[1].tolist()
    with pytest.raises(ValueError, match="for each crop"):
        replace(described, traits={"sex": np.array(["male"])})


def test_a_label_too_few_is_refused() -> None:
    few = np.zeros(2, np.int64)
    with pytest.raises(ValueError, match="for each crop"):
        CropSet(np.zeros((3, 2, 2), np.uint8), few, few, few)


def test_a_joined_set_reports_for_all_its_parts() -> None:
    reports = (
        Report(pictures=2, without_face=("a",)),
        Report(pictures=3, copies=(Copy("b", "c", True),), merged=(("d", "e"),)),
    )
    joined = join(replace(crop_set([(0, 0, 0)]), report=report) for report in reports)
    assert joined.dropped == ("a", "b")
    words = joined.report.in_words()
    for said in ("5 pictures, 3 kept", "no face found: 1 (a)", "label: 1 (b = c)", "d ~ e"):
        assert said in words


def test_a_report_names_a_few_and_counts_the_rest() -> None:
    names = tuple(f"picture {number}" for number in range(9))
    words = Report(pictures=20, without_face=names).in_words()
    assert "9 (picture 0," in words
    assert "and 4 more" in words
