"""Training learns emotion, takes identity away, and does so again the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from faceveil.audit.attackers import LDA
from faceveil.audit.closed_set import closed_set
from faceveil.audit.protocol import Split
from tests.training.faces import made_up_crops
from training.data.crops import UNKNOWN, CropSet, join
from training.filter.algorithm import Filter, Recipe, _taught, sampling_chances, train
from training.filter.bases.base import Base
from training.filter.files import cached

RECIPE = Recipe(
    dimension=12, filters=(8, 8), steps=60, warm_up=10, batch=32, noise=0.5, restart_every=20
)
BARE = replace(RECIPE, beta=0.0, contrast=0.0, noise=0.0, adversaries=())


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def learned() -> CropSet:
    return made_up_crops(people=4, takes=6)


@pytest.fixture(scope="module")
def asked() -> CropSet:
    return made_up_crops(people=4, takes=4, seed=1)


@pytest.fixture(scope="module")
def defended(learned: CropSet) -> Filter:
    return train(learned, RECIPE, classes=3, seed=0)


@pytest.fixture(scope="module")
def undefended(learned: CropSet) -> Filter:
    return train(learned, BARE, classes=3, seed=0)


def _identified(model: Filter, learned: CropSet, asked: CropSet, sigma: float) -> float:
    generator = np.random.default_rng(0)

    def released(crops: CropSet) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        clean = model.embed(crops.crops).astype(np.float64)
        return clean + sigma * generator.standard_normal(clean.shape)

    split = Split(released(learned), learned.subject, released(asked), asked.subject)
    return closed_set([split], [LDA])["lda"].rate.rate


def test_emotion_is_read_in_crops_that_were_not_learned_from(
    defended: Filter, asked: CropSet
) -> None:
    hits = defended.classify(defended.embed(asked.crops)) == asked.emotion
    assert hits.mean() > 0.9


def test_the_defence_leaves_less_of_the_person_than_no_defence(
    defended: Filter, undefended: Filter, learned: CropSet, asked: CropSet
) -> None:
    bare = _identified(undefended, learned, asked, sigma=0.0)
    assert bare > 0.6, "without a leak to close the test would prove nothing"
    assert _identified(defended, learned, asked, sigma=0.5) < bare - 0.2


def test_the_same_seed_gives_the_same_filter(learned: CropSet) -> None:
    short = replace(RECIPE, steps=4)
    one, other = (train(learned, short, classes=3, seed=5).embed(learned.crops) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_voters_who_disagree_are_learned_as_such(learned: CropSet) -> None:
    shares = np.array([[0.6, 0.4, 0.0], [0.0, 0.6, 0.4], [0.4, 0.0, 0.6]], np.float32)
    disagreeing = replace(learned, votes=shares[learned.emotion])
    recipe = replace(BARE, votes=True, smoothing=0.0)
    model = train(disagreeing, recipe, classes=3, seed=0)
    with torch.no_grad():
        logits = model.emotion_head(torch.from_numpy(model.embed(learned.crops)))
    found = torch.softmax(logits, dim=1).numpy()
    assert np.abs(found - disagreeing.votes).mean() < 0.1


def test_what_a_tutor_answers_is_learned_of_faces_that_nobody_labelled(
    learned: CropSet,
) -> None:
    tutor = train(learned, replace(BARE, scatter=0.0, steps=150), classes=3, seed=0)
    unlabelled = replace(learned, emotion=np.full(len(learned), UNKNOWN))
    recipe = replace(BARE, votes=True, smoothing=0.0)
    model = train(unlabelled, recipe, classes=3, seed=1, tutors=[tutor])
    assert (model.classify(model.embed(learned.crops)) == learned.emotion).mean() > 0.9


def test_voters_and_tutors_share_a_lesson() -> None:
    voters = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.3, 0.2], [1.0, 0.0]])
    answers = torch.tensor([[0.5, 0.5], [0.9, 0.1], [0.0, 1.0], [0.0, 1.0]])
    lesson = torch.tensor([[0.25], [0.25], [0.25], [0.0]])
    expected = torch.tensor([[0.875, 0.125], [0.9, 0.1], [0.225, 0.775], [1.0, 0.0]])
    torch.testing.assert_close(_taught(voters, answers, lesson), expected)


def test_the_prior_is_what_the_batches_show() -> None:
    part = made_up_crops(people=2, takes=8)
    rare = np.concatenate([np.flatnonzero(part.emotion < 2), np.flatnonzero(part.emotion == 2)[:4]])
    made = train(part.take(rare), replace(BARE, steps=1), classes=3, seed=0)
    roots = np.sqrt([16, 16, 4])  # as the chances go within a set
    assert made.prior is not None
    np.testing.assert_allclose(made.prior, roots / roots.sum(), rtol=1e-5)


def test_a_filter_computes_just_as_it_does_out_of_its_file(
    learned: CropSet, tmp_path: Path
) -> None:
    short = replace(RECIPE, steps=2, filters=(16, 32))
    made = train(learned, short, classes=3, seed=0)
    assert all(p.is_contiguous() for p in made.base.parameters())
    for _ in range(2):  # trained, then found
        same = cached(tmp_path / "filter.pt", learned.crops.shape[1], 3, short, lambda: made)
        np.testing.assert_array_equal(same.embed(learned.crops), made.embed(learned.crops))


def test_a_filter_to_go_on_from_is_left_as_it_was(learned: CropSet, undefended: Filter) -> None:
    before = undefended.embed(learned.crops)
    train(learned, replace(RECIPE, steps=3), classes=3, seed=0, start=undefended)
    np.testing.assert_array_equal(undefended.embed(learned.crops), before)


def test_sets_with_only_emotions_or_only_people_are_learned_from_together() -> None:
    with_people = made_up_crops(people=3, takes=2)
    nameless = replace(with_people, subject=np.full(len(with_people), UNKNOWN))
    moodless = replace(with_people, emotion=np.full(len(with_people), UNKNOWN))
    mixed = join([nameless, moodless, with_people])
    model = train(mixed, replace(RECIPE, steps=15, warm_up=2), classes=3, seed=0)
    assert np.isfinite(model.embed(with_people.crops)).all()


def test_every_image_can_be_drawn_and_a_small_set_is_not_drowned() -> None:
    small, large = made_up_crops(people=2, takes=1), made_up_crops(people=3, takes=20)
    chances = sampling_chances(join([small, large]), mixing=0.25)
    share = chances[: len(small)].sum()
    assert chances.min() > 0
    assert chances.sum() == pytest.approx(1)
    assert share > 3 * len(small) / (len(small) + len(large))


def test_an_embedding_does_not_depend_on_brightness_or_contrast() -> None:
    base = Base(side=16, dimension=4, filters=(4, 4)).eval()
    face = torch.rand(5, 16, 16, generator=torch.Generator().manual_seed(0)) * 100
    with torch.no_grad():
        torch.testing.assert_close(base(face), base(face * 1.5 + 40), atol=1e-3, rtol=1e-3)
