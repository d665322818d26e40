"""What is tried instead of one filter's embedding does what its name says."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from service.audit.attackers import LDA
from service.audit.closed_set import closed_set
from service.audit.protocol import Split
from tests.training.faces import SIDE, made_up_crops
from training.algorithm import Filter, Recipe, new_filter
from training.frontier.released import STEP, Ensemble, Erased, Rounded

RECIPE = Recipe(dimension=6, filters=(4, 8))
PEOPLE = 3
PART = made_up_crops(people=PEOPLE, takes=12)


def _filter(seed: int) -> Filter:
    torch.manual_seed(seed)
    return new_filter(SIDE, 3, RECIPE)


@pytest.fixture(scope="module")
def one() -> Filter:
    return _filter(0)


def _named(rows: NDArray[np.float32]) -> float:
    """Share of the people that a line tells apart in what it was fitted on."""
    seen = rows.astype(np.float64)
    return closed_set([Split(seen, PART.subject, seen, PART.subject)], [LDA])["lda"].rate.rate


def test_erased_people_have_one_mean_and_no_line_tells_them(one: Filter) -> None:
    erased = Erased.fit(one, PART).embed(PART.crops)
    centres = [erased[PART.subject == person].mean(axis=0) for person in range(PEOPLE)]
    np.testing.assert_allclose(centres, np.broadcast_to(centres[0], (PEOPLE, 6)), atol=1e-5)
    assert _named(one.embed(PART.crops)) > 0.9, "else there was nothing to erase"
    assert _named(erased) < 0.5


def test_erasing_changes_least_of_all_that_hides_people_from_lines(one: Filter) -> None:
    clean = one.embed(PART.crops).astype(np.float64)
    person = np.eye(PEOPLE)[PART.subject]
    towards = (clean - clean.mean(axis=0)).T @ (person - person.mean(axis=0))
    left, strength, _ = np.linalg.svd(towards, full_matrices=False)
    told = left[:, strength > 1e-6 * strength.max()]
    plainly = clean - (clean - clean.mean(axis=0)) @ told @ told.T
    erased = Erased.fit(one, PART).embed(PART.crops)
    assert ((erased - clean) ** 2).mean() < 0.99 * ((plainly - clean) ** 2).mean()


def test_rounded_values_lie_on_the_steps_and_no_further_than_half_of_one(one: Filter) -> None:
    rounded, clean = Rounded(one).embed(PART.crops), one.embed(PART.crops)
    np.testing.assert_allclose(rounded / STEP, np.round(rounded / STEP), atol=1e-6)
    assert np.abs(rounded - clean).max() <= STEP / 2 + 1e-6


def test_an_ensemble_releases_all_and_reads_as_its_filters_do_where_they_agree(one: Filter) -> None:
    other = _filter(1)
    both = Ensemble([one, other])
    released = both.embed(PART.crops)
    assert released.shape == (len(PART), 2 * RECIPE.dimension)
    ours, theirs = (each.classify(each.embed(PART.crops)) for each in (one, other))
    read = both.classify(released)
    assert (read == ours)[ours == theirs].all()
    assert np.array_equal(
        Ensemble([one, one]).classify(np.hstack([one.embed(PART.crops)] * 2)), ours
    )
