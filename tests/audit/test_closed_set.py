import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from faceveil.audit.attackers import (
    LADDER,
    LDA,
    LOGISTIC,
    NEAREST,
    PRIOR,
    Attacker,
    Gallery,
    KnowingEmotion,
)
from faceveil.audit.closed_set import FoldOutcome, closed_set, pooled
from faceveil.audit.protocol import Split, make_splits


@pytest.mark.parametrize("attacker", LADDER, ids=lambda attacker: attacker.name)
def test_every_attacker_answers_with_log_probabilities_over_everybody(attacker: Attacker) -> None:
    rng = np.random.default_rng(0)
    subject = np.repeat([0, 1, 3], 12)  # nobody enrolled person 2
    gallery = Gallery(rng.normal(size=(36, 4)), subject, 4, np.arange(36))

    with threadpool_limits(1):  # as `attack` does: idle threads cost more than they help
        scores = attacker.fit(gallery, 0).log_scores(rng.normal(size=(5, 4)))

    assert scores.shape == (5, 4)
    assert np.exp(scores).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("samples", [1, 2, 6])
@pytest.mark.parametrize("attacker", LADDER, ids=lambda attacker: attacker.name)
def test_who_knows_one_person_alone_names_that_one_or_nobody(
    attacker: Attacker, samples: int
) -> None:
    rng = np.random.default_rng(0)
    gallery = Gallery(rng.normal(size=(samples, 4)), np.full(samples, 1), 3, np.arange(samples))
    scores = attacker.fit(gallery, 0).log_scores(rng.normal(size=(5, 4)))
    assert scores.shape == (5, 3)
    assert np.isfinite(scores).all()
    assert (scores.max(axis=1) == scores[:, 1]).all()


@pytest.mark.parametrize("attacker", LADDER[1:], ids=lambda attacker: attacker.name)
def test_every_attacker_finds_people_who_stand_apart(attacker: Attacker) -> None:
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(4), 15)
    embedding = 6 * np.eye(4)[subject] + rng.normal(size=(60, 4))
    result = closed_set(make_splits(embedding, subject, folds=3), [attacker])[attacker.name]
    assert result.rate.rate > 0.9
    assert result.bits_leaked > 1
    assert result.identities_predicted == 4


@pytest.mark.parametrize("attacker", [*LADDER, KnowingEmotion(LDA)], ids=lambda a: a.name)
@pytest.mark.parametrize("seed", range(3))
def test_constant_embeddings_never_favour_an_attacker(attacker: Attacker, seed: int) -> None:
    subject, emotion = np.repeat(np.arange(5), 10), np.tile([0, 1], 25)
    splits = make_splits(np.full((50, 3), 7.0), subject, emotions=emotion, folds=5, seed=seed)
    assert closed_set(splits, [attacker], seed)[attacker.name].rate.rate <= 1 / 5


def test_the_size_of_an_embedding_hides_nothing() -> None:
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(4), 12)
    embedding = 2 * np.eye(4)[subject] + rng.normal(size=(48, 4))
    rates = [
        closed_set(make_splits(embedding * scale + shift, subject, folds=4), [attacker])
        for scale, shift in ((1, 0), (1e-6, 3))
        for attacker in (LDA, NEAREST, LOGISTIC)
    ]
    found = [next(iter(result.values())).rate.correct for result in rates]
    assert found[:3] == found[3:]


def test_two_people_who_are_equally_near_share_the_success() -> None:
    gallery = np.array([[1.0, 0], [1, 0], [-1, 0.5], [-1, -0.5]])
    split = Split(gallery, np.array([0, 1, 2, 2]), np.array([[1.0, 0], [1, 0]]), np.array([0, 1]))
    result = closed_set([split], [NEAREST])["nearest"]
    assert result.earned.tolist() == [0.5, 0.5]
    assert result.rate.correct == 1
    assert result.cmc(2).tolist() == [0.5, 1.0]


def test_a_tie_that_leaves_less_than_one_success_is_none() -> None:
    outcome = FoldOutcome(
        subject=[0], best=[[0, 1]], ahead=[0], level=[2], bits=[1.0], converged=True
    )
    assert pooled("someone", 3, [outcome]).rate.correct == 0


def test_the_prior_names_the_most_frequent_person_and_otherwise_nobody() -> None:
    even, uneven = np.repeat([0, 1], 40), np.repeat([0, 1], [60, 20])
    rates = [
        closed_set(make_splits(np.zeros((80, 1)), subject, folds=5), [PRIOR])["prior"].rate.rate
        for subject in (even, uneven)
    ]
    assert rates == [0.5, 0.75]


def test_the_cumulative_match_counts_whoever_is_ahead() -> None:
    outcome = FoldOutcome(
        subject=[0, 1, 2],
        best=[[0], [0], [0]],
        ahead=[0, 1, 2],
        level=[1, 1, 1],
        bits=[0.5, 1, 3],
        converged=True,
    )
    result = pooled("someone", 3, [outcome])
    assert result.cmc(3) == pytest.approx([1 / 3, 2 / 3, 1])
    assert result.bits_leaked == pytest.approx(np.log2(3) - 1.5)
    assert result.identities_predicted == 1


def test_knowing_the_emotion_needs_emotions() -> None:
    split = Split(np.ones((4, 1)), np.array([0, 0, 1, 1]), np.ones((1, 1)), np.array([0]))
    with pytest.raises(ValueError, match="emotions"):
        closed_set([split], [KnowingEmotion(LDA)])


def test_the_same_seed_gives_the_same_answers() -> None:
    rng = np.random.default_rng(0)
    splits = make_splits(rng.normal(size=(40, 3)), np.repeat(np.arange(4), 10), folds=2)
    first, second = (closed_set(splits, LADDER, seed=5) for _ in range(2))
    assert all((first[n].credit == second[n].credit).all() for n in first)
