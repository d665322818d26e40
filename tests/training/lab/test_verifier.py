"""A verifier finds what vectors tell of people, says how sure it is, and errs as it says."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training.lab.pairs import Pairs, in_parts, paired
from training.lab.verifier import FEWEST, Verifier, judged, learned

PEOPLE, TAKES, WIDTH = 240, 4, 6
SUBJECT = np.repeat(np.arange(PEOPLE), TAKES)
APART = np.arange(len(SUBJECT))
PICTURES = [(a, b) for b in range(TAKES) for a in range(b)]


def _vectors(between: float, seed: int = 0) -> np.ndarray:
    """Of people who differ in the first two numbers, so much more than pictures of one do."""
    generator = np.random.default_rng(seed)
    own = generator.normal(0, between, (PEOPLE, WIDTH)) * (np.arange(WIDTH) < 2)
    return np.repeat(own, TAKES, axis=0) + generator.normal(0, 1, (len(SUBJECT), WIDTH)) + 5


def _taught(vectors: np.ndarray) -> tuple[Verifier, Pairs]:
    """Who learned from half of the people, and pairs of the others."""
    known = in_parts(SUBJECT, 2, 0) == 0
    verifier = learned(vectors[known], SUBJECT[known], APART[known], 0)
    return verifier, paired(np.flatnonzero(~known), SUBJECT, APART, 0)


def test_strangers_are_told_apart_as_far_as_their_vectors_differ() -> None:
    rates = []
    for between in (0.0, 1.0, 3.0):
        vectors = _vectors(between)
        verifier, pairs = _taught(vectors)
        scores = verifier.score(vectors, pairs)
        rates.append(judged(scores, verifier.chance(scores), pairs, SUBJECT, 0).eer)
    nothing, some, much = rates
    assert nothing.low < 0.5 < nothing.high
    assert much.high < some.low < some.high < nothing.low


def test_the_best_that_can_be_done_is_done() -> None:
    verifier, pairs = _taught(_vectors(2.0))
    spread, vectors = 4.0, _vectors(2.0)[:, :2] - 5
    x, y = vectors[pairs.one], vectors[pairs.other]
    joint = np.linalg.inv([[spread + 1, spread], [spread, spread + 1]])
    # The ratio of the densities that the vectors were drawn from; no attacker passes it.
    same = joint[0, 0] * (x**2 + y**2) + 2 * joint[0, 1] * x * y
    best = -0.5 * (same - (x**2 + y**2) / (spread + 1)).sum(axis=1)
    reached = verifier.score(_vectors(2.0), pairs)
    assert roc_auc_score(pairs.same, reached) == pytest.approx(
        roc_auc_score(pairs.same, best), abs=0.01
    )


@pytest.mark.parametrize("tails", ["gaussian", "heavy"])
def test_chances_are_shares_of_the_pairs_that_are_given_them(tails: str) -> None:
    vectors = _vectors(1.5)
    if tails == "heavy":  # one picture in eight is a poor one, and lies far off
        poor = np.random.default_rng(1).random(len(vectors)) < 1 / 8
        vectors[poor] = (vectors[poor] - 5) * 6 + 5
    verifier, pairs = _taught(vectors)
    chance = verifier.chance(verifier.score(vectors, pairs))
    for given in np.array_split(np.argsort(chance), 4):
        assert pairs.same[given].mean() == pytest.approx(chance[given].mean(), abs=0.08)


def test_no_pair_is_judged_more_surely_than_enough_others_were() -> None:
    vectors = _vectors(1.5)
    verifier, pairs = _taught(vectors)
    far = vectors.mean(axis=0) + 100.0  # the like of which it has never seen
    strange = Pairs(np.array([0, 0]), np.array([1, 2]), np.ones(2, bool))
    chances = verifier.chance(verifier.score(np.stack([far, far, -far]), strange))
    others = verifier.chance(verifier.score(vectors, pairs))
    assert chances == pytest.approx([others.max(), others.min()])
    assert 0 < others.min() < others.max() < 1


def test_of_few_people_nothing_is_learned() -> None:
    few = SUBJECT < FEWEST - 1
    with pytest.raises(ValueError, match=f"at least {FEWEST} people, and here are {FEWEST - 1}"):
        learned(_vectors(1.0)[few], SUBJECT[few], APART[few], 0)


def test_intervals_are_of_people_and_not_of_pairs() -> None:
    # Of every second person all pairs are told, of the others none: a matter of 20 people.
    one, other = np.array([(4 * n + a, 4 * n + b) for n in range(20) for a, b in PICTURES]).T
    strangers = np.roll(one, len(PICTURES))
    pairs = Pairs(np.r_[one, one], np.r_[other, strangers], np.arange(2 * len(one)) < len(one))
    told = np.where(pairs.same, np.where(SUBJECT[pairs.one] % 2, 5.0, -5.0), 0.0)
    found = judged(told, np.full(len(told), 0.5), pairs, SUBJECT, 0)
    spread = found.auc.high - found.auc.low
    by_pairs = 2 * 1.96 * np.sqrt(0.25 / len(one))
    assert found.auc.value == 0.5
    assert 1.6 * by_pairs < spread < 2 * 1.96 * np.sqrt(0.25 / 20) * 1.3
    # Who is in no pair changes nothing.
    alone = judged(told, np.full(len(told), 0.5), pairs, SUBJECT[:80], 0)
    assert alone.auc == found.auc


def test_shares_are_of_the_pairs_of_each_kind() -> None:
    pairs = Pairs(np.array([0, 4, 0, 4]), np.array([1, 5, 4, 8]), np.arange(4) < 2)
    figures = judged(np.arange(4.0), np.array([0.99, 0.01, 0.51, 0.51]), pairs, SUBJECT, 0)
    assert figures.same.tolist() == [0.5, *[0.0] * 18, 0.5]
    assert figures.different[10] == 1
    none = (0, None)
    assert figures.shares() == [(1, 1.0), *[none] * 4, (2, 0.0), *[none] * 3, (1, 1.0)]


def test_pairs_of_one_kind_alone_are_refused() -> None:
    pairs = Pairs(np.array([0, 4]), np.array([1, 5]), np.ones(2, bool))
    with pytest.raises(ValueError, match="pairs of one person and of two"):
        judged(np.zeros(2), np.zeros(2), pairs, SUBJECT, 0)
