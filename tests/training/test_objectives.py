"""The losses keep their promises."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.filter.objectives import (
    confusion,
    cross_identity_contrast,
    dependence,
    scatter,
    votes,
)


def test_an_adversary_that_knows_nothing_costs_nothing() -> None:
    assert confusion(torch.zeros(5, 8), torch.full((5,), 8.0)).item() == pytest.approx(0, abs=1e-6)


def test_a_certain_adversary_costs_the_whole_entropy_whether_right_or_wrong() -> None:
    logits = torch.full((1, 4), -100.0)
    logits[0, 2] = 100.0
    assert confusion(logits, torch.tensor([4.0])).item() == pytest.approx(math.log(4))


def test_people_who_are_no_candidates_do_not_count() -> None:
    logits = torch.tensor([[0.0, 0.0, -1e9]])
    assert confusion(logits, torch.tensor([2.0])).item() == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 10_000))
def test_confusion_is_never_negative(seed: int) -> None:
    logits = torch.randn(6, 5, generator=torch.Generator().manual_seed(seed)) * 3
    assert confusion(logits, torch.full((6,), 5.0)).item() >= -1e-6


def _unit(*angles: float) -> torch.Tensor:
    return torch.tensor([[math.cos(a), math.sin(a)] for a in angles])


def test_contrast_pulls_the_same_emotion_of_different_people_together() -> None:
    emotion, person = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    together = cross_identity_contrast(_unit(0, 0.1, 3.0, 3.1), emotion, person, 0.2)
    apart = cross_identity_contrast(_unit(0, 3.0, 0.1, 3.1), emotion, person, 0.2)
    assert together < apart


def test_contrast_does_not_feel_how_near_two_images_of_one_person_are() -> None:
    # 0 and 1 show one person; only their distances to 2, another person, may count.
    emotion, person = torch.tensor([0, 0, 0]), torch.tensor([7, 7, 8])
    near = cross_identity_contrast(_unit(1.0, 1.0, 0.0), emotion, person, 0.2)
    far = cross_identity_contrast(_unit(1.0, -1.0, 0.0), emotion, person, 0.2)
    assert near.item() == pytest.approx(far.item())


def test_images_without_a_name_count_as_people_of_their_own() -> None:
    embedding = _unit(0.0, 0.4, 2.0, 2.4)
    emotion = torch.tensor([0, 0, 1, 1])
    nameless = cross_identity_contrast(embedding, emotion, torch.full((4,), -1), 0.2)
    strangers = cross_identity_contrast(embedding, emotion, torch.arange(4), 0.2)
    assert nameless.item() == pytest.approx(strangers.item())


def test_contrast_is_zero_and_differentiable_where_nothing_has_a_positive() -> None:
    embedding = _unit(0.0, 1.0).requires_grad_()
    loss = cross_identity_contrast(embedding, torch.tensor([0, 1]), torch.tensor([0, 1]), 0.2)
    loss.backward()
    assert loss.item() == 0
    assert embedding.grad is not None
    assert torch.isfinite(embedding.grad).all()


@given(st.integers(0, 10_000))
def test_dependence_lies_between_none_and_all(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    one, other = (torch.randn(12, size, generator=generator) for size in (3, 5))
    assert -1e-4 <= dependence(one, other).item() <= 1 + 1e-4


def test_what_follows_from_it_depends_on_it_and_what_does_not_does_less() -> None:
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(200, 3, generator=generator)
    assert dependence(one, 2 * one + 1).item() == pytest.approx(1, abs=1e-4)
    bent = dependence(one, one.square()).item()  # no correlation, and yet dependence
    assert bent > 2 * dependence(one, torch.randn(200, 3, generator=generator)).item()


def test_dependence_counts_known_rows_only() -> None:
    one = torch.arange(8.0)[:, None]
    other = one.clone()
    other[4:] = torch.nan
    assert dependence(one, other).item() == pytest.approx(1, abs=1e-4)
    assert dependence(one, torch.full((8, 2), torch.nan)).item() == 0
    assert dependence(one, torch.empty(8, 0)).item() == 0


def test_scatter_is_the_spread_within_an_emotion() -> None:
    embedding, emotion = torch.tensor([[0.0], [2.0], [7.0], [7.0]]), torch.tensor([0, 0, 5, 5])
    assert scatter(embedding, emotion).item() == pytest.approx(0.5)
    assert scatter(embedding[:0], emotion[:0]).item() == 0


def test_votes_cost_the_cross_entropy_of_what_the_voters_saw() -> None:
    logits = torch.tensor([[math.log(0.5), math.log(0.25), math.log(0.25)]] * 3)
    shares = torch.tensor([[0.75, 0.25, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    expected = (0.75 * math.log(2) + 0.25 * math.log(4) + math.log(4)) / 2  # nobody saw the third
    assert votes(logits, shares, 0.0).item() == pytest.approx(expected)
    smoothed = 0.9 * expected + 0.1 * (math.log(2) + 2 * math.log(4)) / 3
    assert votes(logits, shares, 0.1).item() == pytest.approx(smoothed)


def test_a_vote_of_all_is_a_label() -> None:
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    label = torch.tensor([0, 2, 1, 2])
    expected = torch.nn.functional.cross_entropy(logits, label, label_smoothing=0.05)
    ours = votes(logits, torch.nn.functional.one_hot(label, 3).float(), 0.05)
    torch.testing.assert_close(ours, expected)


def test_where_nobody_voted_nothing_is_learned() -> None:
    logits = torch.randn(2, 3, requires_grad=True)
    votes(logits, torch.zeros(2, 3), 0.05).backward()
    assert logits.grad is not None
    assert not logits.grad.any()
