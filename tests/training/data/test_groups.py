"""No fold separates near copies or a session."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from faceveil.audit.protocol import assign_folds
from training.data.copies import HASH_BYTES
from training.data.groups import grouped
from training.data.record import Record

Picture = tuple[str | None, str | None, int]
"""A subject, a session, and what the picture looks like: equal numbers are near copies."""

maybe = st.none() | st.sampled_from("abc")
pictures = st.lists(st.tuples(maybe, maybe, st.integers(0, 12)), min_size=1, max_size=40)


def records_of(pictures: Sequence[Picture]) -> list[Record]:
    return [
        Record(str(row), bytes, None, subject, session)
        for row, (subject, session, _) in enumerate(pictures)
    ]


def hashes_of(looks: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    every = np.random.default_rng(0).integers(0, 256, (13, HASH_BYTES), np.uint8)
    return every[looks]


@given(pictures, st.integers(2, 10), st.integers(0, 3))
def test_what_belongs_together_lands_in_one_fold(
    pictures: list[Picture], folds: int, seed: int
) -> None:
    group = grouped(records_of(pictures), hashes_of([look for *_, look in pictures])).group
    subjects = np.array([subject or "" for subject, *_ in pictures])
    fold = assign_folds(subjects, group, folds, seed)
    for i, (subject, session, look) in enumerate(pictures):
        for j, (other, occasion, likeness) in enumerate(pictures):
            if look == likeness or (session and (subject, session) == (other, occasion)):
                assert fold[i] == fold[j]


@given(pictures)
def test_what_nothing_ties_stays_apart(pictures: list[Picture]) -> None:
    looks = list(range(min(len(pictures), 13)))
    unique: list[Picture] = [
        (subject, str(look), look) for (subject, *_), look in zip(pictures, looks, strict=False)
    ]
    grouping = grouped(records_of(unique), hashes_of(looks))
    assert len(set(grouping.group.tolist())) == len(unique)
    assert grouping.copies == grouping.sessions == ()


def test_a_group_says_why_it_is_one() -> None:
    pictures: list[Picture] = [
        ("a", "x", 0),
        ("a", "x", 1),
        ("a", "y", 2),
        ("b", "x", 3),
        ("b", None, 1),
    ]
    grouping = grouped(records_of(pictures), hashes_of([look for *_, look in pictures]))
    assert grouping.copies == ((1, 4),)
    assert grouping.sessions == ((0, 1),)
    group = grouping.group.tolist()
    assert group[0] == group[1] == group[4]
    assert len(set(group)) == 3
