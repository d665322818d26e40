import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from faceveil.audit.attackers import LDA
from faceveil.audit.closed_set import closed_set
from faceveil.audit.protocol import Split, assign_folds, averaged, make_splits

rows = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=4, max_size=60)


@given(rows=rows, folds=st.integers(2, 10), seed=st.integers(0, 99))
def test_a_group_is_never_separated_and_a_probe_is_never_a_stranger(
    rows: list[tuple[int, int]], folds: int, seed: int
) -> None:
    subject, group = np.array(rows).T
    if len(np.unique(group)) < 2:
        return
    splits = make_splits(
        np.arange(len(rows), dtype=float)[:, None], subject, groups=group, folds=folds, seed=seed
    )
    for split in splits:
        assert split.probe_rows is not None
        assert split.gallery_groups is not None
        assert not np.intersect1d(group[split.probe_rows], split.gallery_groups).size
        assert np.isin(split.probe_subjects, split.gallery_subjects).all()
    probes = [row for s in splits if s.probe_rows is not None for row in s.probe_rows.tolist()]
    assert len(probes) == len(set(probes))


@given(seed=st.integers(0, 99))
def test_each_person_is_spread_evenly_over_the_folds(seed: int) -> None:
    subject = np.repeat(np.arange(7), 23)
    fold = assign_folds(subject, np.arange(len(subject)), 10, seed)
    per_fold = np.array([np.bincount(fold[subject == s], minlength=10) for s in range(7)])
    assert per_fold.min() == 2
    assert per_fold.max() == 3
    assert np.ptp(np.bincount(fold)) <= 7


def test_the_same_seed_gives_the_same_folds() -> None:
    subject = np.repeat(np.arange(5), 9)
    one, same, other = (assign_folds(subject, np.arange(45), 3, seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_a_clean_gallery_stands_in_for_the_noisy_one_only() -> None:
    noisy, clean = np.zeros((12, 2)), np.ones((12, 2))
    for split in make_splits(noisy, np.repeat([0, 1], 6), clean=clean, folds=3):
        assert (split.gallery == 1).all()
        assert (split.probe == 0).all()


def test_sets_are_disjoint_means_of_one_person() -> None:
    embedding = np.exp2(np.arange(14, dtype=np.float64))[:, None]
    subject = np.repeat([0, 1], 7)
    split = Split(embedding, subject, embedding, subject)

    mean = averaged(split, 3, seed=0)

    assert mean is not None
    assert mean.probe_subjects.tolist() == [0, 0, 1, 1]
    # A sum of distinct powers of two tells its members: as many bits as members, none twice.
    members = [int(value) for value in (mean.probe[:, 0] * 3).round()]
    assert sum(member.bit_count() for member in members) == 12
    assert np.bitwise_or.reduce(members).bit_count() == 12
    assert averaged(split, 8, seed=0) is None


def test_a_split_refuses_probes_of_people_the_gallery_lacks() -> None:
    with pytest.raises(ValueError, match="not in the gallery"):
        Split(np.ones((2, 1)), np.array([0, 1]), np.ones((1, 1)), np.array([2]))


def test_a_split_refuses_labels_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="needs"):
        Split(np.ones((2, 1)), np.array([0]), np.ones((1, 1)), np.array([0]))


def test_a_fold_asks_about_different_people_with_the_same_emotion() -> None:
    subject, emotion = np.repeat(np.arange(6), 8), np.tile(np.arange(4), 12)
    fold = assign_folds(subject, np.arange(48), 8, seed=0, emotions=emotion)
    for number in range(8):
        assert len(np.unique(emotion[fold == number])) == 1
        assert sorted(subject[fold == number]) == list(range(6))


def test_the_gallery_keeps_samples_of_an_emotion_that_is_asked_about() -> None:
    subject, emotion = np.repeat(np.arange(6), 24), np.tile(np.arange(4), 36)
    fold = assign_folds(subject, np.arange(144), 4, seed=0, emotions=emotion)
    for person in range(6):
        for mood in range(4):
            own = fold[(subject == person) & (emotion == mood)]
            assert np.bincount(own, minlength=4).max() <= 3


def test_attackers_of_what_tells_the_emotion_only_are_right_as_often_as_chance() -> None:
    # With folds that do not ask about everybody's emotion at once, discriminants came out at 6 %.
    correct = total = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        subject, emotion = np.repeat(np.arange(10), 21), np.tile(np.arange(7), 30)
        embedding = 3 * rng.normal(size=(7, 16))[emotion] + rng.normal(size=(210, 16))
        splits = make_splits(embedding, subject, emotions=emotion, folds=10, seed=seed)
        rate = closed_set(splits, [LDA], seed)["lda"].rate
        correct, total = correct + rate.correct, total + rate.total
    assert binomtest(correct, total, 1 / 10).pvalue > 0.001


def test_where_everybody_has_an_emotion_once_a_fold_asks_all_about_it() -> None:
    subject, emotion = np.repeat(np.arange(15), 4), np.tile(np.arange(4), 15)
    fold = assign_folds(subject, np.arange(60), 10, seed=3, emotions=emotion)
    for mood in range(4):
        assert len(np.unique(fold[emotion == mood])) == 1
