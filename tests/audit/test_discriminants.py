import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from faceveil.audit.attackers import LDA, UNSEEN, Gallery, inner_splits, log_loss, standardiser
from faceveil.audit.discriminants import Scatter

SHRINKAGES = (0.1, 0.01, 0.3, 0.7)


@st.composite
def galleries(draw: st.DrawFn) -> Gallery:
    """Some people who differ in how many embeddings they have; dimensions may depend on others."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    subject = np.repeat(
        draw(st.permutations(range(7))), draw(st.lists(st.integers(0, 9), min_size=7, max_size=7))
    )
    known = np.unique(subject, return_counts=True)[1]
    if len(known) < 2 or known.max() < 2:
        subject = np.array([0, 0, 1])
    dimensions = draw(st.integers(1, 12))
    centres = draw(st.floats(0, 5)) * rng.normal(size=(7, dimensions))
    rows = centres[subject] + rng.normal(size=(len(subject), dimensions))
    if draw(st.booleans()):
        rows = rows[:, rng.integers(dimensions, size=dimensions + 2)]
    return Gallery(rows, subject, 8, np.arange(len(subject)))


def by_scikit_learn(gallery: Gallery, probe: np.ndarray, shrinkage: float) -> np.ndarray:
    """(P, K) log-scores of its discriminants, who are asked as an attacker is."""
    scaler = standardiser(gallery.embedding)
    people = np.unique(gallery.subject)
    scores = np.full((len(probe), gallery.subjects), UNSEEN)
    if len(people) == 1:
        scores[:, people] = 0
    elif len(gallery.subject) == len(people):
        scores[:] = 0
    else:
        equal = np.full(len(people), 1 / len(people))
        theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=equal)
        theirs.fit(scaler.transform(gallery.embedding), gallery.subject)
        heights = theirs.decision_function(scaler.transform(probe))
        if len(people) == 2:  # of the second over the first
            heights = np.stack([np.zeros(len(probe)), heights], axis=1)
        scores[:, people] = np.maximum(log_softmax(heights, axis=1), np.log(1e-13))
    normal: np.ndarray = log_softmax(scores, axis=1)
    return normal


@pytest.mark.filterwarnings("ignore:Only one sample available")
@given(galleries(), st.integers(0, 3))
@settings(max_examples=25)
def test_discriminants_choose_and_answer_as_those_of_scikit_learn(
    gallery: Gallery, seed: int
) -> None:
    probe = gallery.embedding[::-1] + 0.5
    losses = [
        sum(
            log_loss(
                by_scikit_learn(gallery[train], gallery.embedding[held], shrinkage),
                gallery.subject[held],
            )
            for train, held in inner_splits(gallery, seed)
        )
        for shrinkage in SHRINKAGES
    ]
    chosen = SHRINKAGES[int(np.argmin(losses))]
    scores = LDA.fit(gallery, seed).log_scores(probe)
    np.testing.assert_allclose(scores, by_scikit_learn(gallery, probe, chosen), atol=1e-6)


def test_where_nothing_spreads_all_answers_are_alike() -> None:
    rows, subject = np.eye(3)[[0, 0, 1, 1, 2, 2]], np.array([0, 0, 1, 1, 2, 2])
    shares = Scatter.of(rows, subject).shrunk(0.1).predict_proba(rows)
    assert shares == pytest.approx(1 / 3)
