"""What is released of a face is bounded, can be read, and is all that its emotions come from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faceveil.prior import with_prior
from faceveil.runtime import open_session
from tests.training.faces import SIDE, made_up_crops
from training.bundle.export import export
from training.bundle.quantise import quantised
from training.data.crops import UNKNOWN, CropSet
from training.filter.algorithm import sampling_chances, train
from training.filter.files import cached
from training.filter.guarantee import guarantee_of
from training.filter.model import (
    Filter,
    expect,
    new_filter,
    with_codebook,
    with_learned_codebook,
)
from training.filter.recipe import Recipe
from training.filter.release import (
    LEVELS,
    RADIUS,
    SCALE,
    SPACING,
    Codebook,
    Expressions,
    clipped,
    learned_codebook,
    people_of_each,
    read_table,
    sigma_of,
)

EMOTIONS = 3
RECIPE = Recipe(
    dimension=12, filters=(8, 8), steps=60, warm_up=10, batch=32, restart_every=20,
    contrast=0.0, scatter=0.0, votes=True, smoothing=0.0, codewords=6, faces_a_codeword=1,
)  # fmt: skip
ROUNDING = 1e-6


def _codebook(codewords: int = 5) -> Codebook:
    """Codewords on the faces of a simplex's cube, as near to each other as they may be."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.cartesian_prod(*[torch.arange(2.0)] * EMOTIONS)[:codewords] * SPACING
    return Codebook(corners, torch.randn(codewords, EMOTIONS, generator=generator))


@pytest.fixture(scope="module")
def untrained() -> Filter:
    torch.manual_seed(0)
    plain = new_filter(SIDE, EMOTIONS, RECIPE)
    plain.base.eval()
    return with_codebook(plain, _codebook())


@pytest.fixture(scope="module", params=["float32", "int8"])
def graph(request: pytest.FixtureRequest, untrained: Filter) -> bytes:
    whole = export(untrained, SIDE)
    some = made_up_crops(people=2, takes=2).crops
    return whole if request.param == "float32" else quantised(whole, some)


@pytest.fixture(scope="module")
def learned() -> CropSet:
    return made_up_crops(people=4, takes=6)


@pytest.fixture(scope="module")
def trained(learned: CropSet) -> Filter:
    torch.set_num_threads(1)
    start = train(learned, replace(RECIPE, codewords=0, adversaries=()), classes=3, seed=0)
    return train(learned, RECIPE, classes=3, seed=0, start=start)


places = arrays(np.float32, (4, EMOTIONS), elements=st.floats(-2 * SCALE, 2 * SCALE, width=32))


class TestClip:
    @given(arrays(np.float32, (3, 5), elements=st.floats(-1e6, 1e6, width=32)))
    def test_no_rest_is_longer_than_the_radius_or_turned(self, rest: np.ndarray) -> None:
        ours = clipped(torch.from_numpy(rest)).double().numpy()
        assert (np.linalg.norm(ours, axis=1) <= RADIUS * (1 + ROUNDING)).all()
        lengths = np.linalg.norm(rest.astype(np.float64), axis=1, keepdims=True)
        expected = rest * np.minimum(1, RADIUS / np.maximum(lengths, 1e-30))
        np.testing.assert_allclose(ours, expected, atol=RADIUS * 1e-5)

    def test_a_face_right_on_a_codeword_has_a_gradient(self) -> None:
        rest = torch.zeros(2, EMOTIONS, requires_grad=True)
        clipped(rest).sum().backward()
        assert rest.grad is not None
        assert torch.isfinite(rest.grad).all()

    @given(places)
    def test_what_is_released_lies_within_the_radius_of_a_codeword(self, z: np.ndarray) -> None:
        codebook = _codebook()
        released = codebook(torch.from_numpy(z))
        rest = (released - codebook.codewords[codebook.nearest(torch.from_numpy(z))]).double()
        assert (rest.norm(dim=1) <= RADIUS + SCALE * ROUNDING).all()

    @given(
        arrays(np.uint8, (2, SIDE, SIDE)),
        arrays(np.float32, (2, EMOTIONS), elements=st.floats(-4, 4, width=32)),
        st.floats(0, 1, width=32),
    )
    def test_it_holds_in_the_graph_for_any_crop(
        self, untrained: Filter, graph: bytes, face: np.ndarray, noise: np.ndarray, sigma: float
    ) -> None:
        feed = {"face": face, "noise": noise, "sigma": np.full(2, sigma, np.float32)}
        released, emotion = open_session(graph).run(["embedding", "emotion"], feed)
        codewords = _codebook().codewords.numpy()
        rest = (released - sigma * noise)[:, None].astype(np.float64) - codewords
        assert (np.linalg.norm(rest, axis=2).min(axis=1) <= RADIUS + 1e-5).all()
        np.testing.assert_array_equal(
            emotion.argmax(axis=1), untrained.classify(released), "read from what is released"
        )


class TestReading:
    @pytest.mark.parametrize("level", LEVELS)
    def test_the_codeword_is_read_back_through_the_noise(self, level: str) -> None:
        codebook, generator = _codebook(), torch.Generator().manual_seed(1)
        z = torch.randn(20_000, EMOTIONS, generator=generator) * SPACING
        noise = torch.randn(z.shape, generator=generator) * sigma_of(LEVELS[level])
        chosen = codebook.nearest(z)
        assert len(chosen.unique()) == len(codebook.codewords)
        assert (codebook.nearest(codebook(z) + noise) != chosen).float().mean() < 3e-4

    def test_emotions_are_a_function_of_what_is_released(self) -> None:
        codebook = _codebook()
        z = torch.randn(50, EMOTIONS, generator=torch.Generator().manual_seed(2)) * SPACING
        released = codebook(z)
        expected = codebook.table[torch.cdist(released, codebook.codewords).argmin(dim=1)]
        torch.testing.assert_close(codebook.read(released), expected)
        assert len(codebook.read(released).unique(dim=0)) <= len(codebook.codewords)

    def test_training_sees_what_is_released(self) -> None:
        codebook = _codebook()
        z = torch.randn(50, EMOTIONS, generator=torch.Generator().manual_seed(3)) * SPACING
        clean = codebook.straight_through(z, temperature=1.0)
        torch.testing.assert_close(clean, codebook(z), atol=1e-5, rtol=1e-5)

    def test_a_choice_has_the_gradient_of_a_softmax_over_the_codewords(self) -> None:
        codebook = _codebook(2)
        z = torch.tensor([[SPACING / 3, 0.2, -0.1]], requires_grad=True)
        (ours,) = torch.autograd.grad(codebook.straight_through(z, temperature=0.7).sum(), z)
        distance = torch.cdist(z, codebook.codewords).square()
        chosen = codebook.codewords[0]
        soft = chosen + torch.softmax(-distance / 0.7, dim=1) @ codebook.codewords
        soft = soft - (torch.softmax(-distance / 0.7, dim=1) @ codebook.codewords).detach()
        (expected,) = torch.autograd.grad((soft + clipped(z - soft)).sum(), z)
        assert expected.abs().max() > 0
        torch.testing.assert_close(ours, expected, atol=1e-4, rtol=1e-3)


class TestLearning:
    def test_codewords_lie_apart_and_stand_for_what_voters_saw(self) -> None:
        generator = np.random.default_rng(0)
        shares = generator.dirichlet([0.3] * EMOTIONS, 2000).astype(np.float32)
        even = np.ones(len(shares))
        codebook = learned_codebook(np.float32(SCALE) * shares, shares, even, 40, 1, seed=0)
        gaps = torch.pdist(codebook.codewords)
        assert gaps.min() >= SPACING
        assert len(codebook.codewords) > 10
        table = torch.softmax(codebook.table, dim=1).detach()
        torch.testing.assert_close(table, codebook.codewords / SCALE, atol=0.05, rtol=0)

    def test_of_fewer_faces_than_codewords_each_may_have_one(self) -> None:
        shares = np.eye(EMOTIONS, dtype=np.float32)
        even = np.full(EMOTIONS, 1 / EMOTIONS)
        codebook = learned_codebook(np.float32(SCALE) * shares, shares, even, 40, 1, seed=0)
        assert len(codebook.codewords) == EMOTIONS

    def test_no_codeword_is_shared_by_few(self) -> None:
        shares = np.repeat(np.eye(EMOTIONS, dtype=np.float32), [60, 49, 50], axis=0)
        even = np.ones(len(shares))
        codebook = learned_codebook(np.float32(SCALE) * shares, shares, even, EMOTIONS, 50, seed=0)
        assert len(codebook.codewords) == 2
        chosen = codebook.nearest(SCALE * torch.from_numpy(shares)).numpy()
        assert np.bincount(chosen).min() >= 50

    def test_people_count_once_for_each_of_their_codewords(self) -> None:
        chosen, subject = np.array([0, 0, 0, 1, 1, 2]), np.array([7, 7, 8, 7, UNKNOWN, UNKNOWN])
        assert people_of_each(chosen, subject, 4).tolist() == [2, 2, 1, 0]

    def test_a_table_counts_votes_and_expects_the_usual_where_it_has_seen_nobody(self) -> None:
        shares = np.array([[1, 0], [0.5, 0.5], [0, 0]], np.float32)
        table = torch.softmax(read_table(np.array([0, 0, 1]), shares, 3), dim=1)
        usual = np.array([2.5, 1.5]) / 4
        expected = [(usual + np.array([1.5, 0.5])) / 3, usual, usual]
        np.testing.assert_allclose(table.numpy(), np.array(expected), rtol=1e-6)

    def test_emotions_survive_and_the_file_holds_all(
        self, trained: Filter, learned: CropSet, tmp_path: Path
    ) -> None:
        fresh = made_up_crops(people=4, takes=4, seed=1)
        assert (trained.classify(trained.embed(fresh.crops)) == fresh.emotion).mean() > 0.9
        for _ in range(2):  # made, then found
            same = cached(tmp_path / "filter.pt", SIDE, 3, RECIPE, lambda: trained)
            np.testing.assert_array_equal(same.embed(learned.crops), trained.embed(learned.crops))
            assert same.prior is not None
            assert isinstance(same.base, Expressions)
            np.testing.assert_allclose(same.prior, 1 / 3, rtol=1e-5)
            table = torch.softmax(same.base.codebook.table, dim=1)
            chosen = same.base.codebook.nearest(torch.from_numpy(same.embed(learned.crops)))
            torch.testing.assert_close(
                table[chosen].mean(dim=0), torch.full((3,), 1 / 3), atol=0.02, rtol=0
            )

    def test_codewords_fit_where_faces_lie_once_the_filter_has_learned(
        self, trained: Filter, learned: CropSet
    ) -> None:
        again = with_learned_codebook(
            trained, learned, sampling_chances(learned, RECIPE.mixing), RECIPE, classes=3, seed=0
        )
        assert again.codewords is not None
        assert trained.codewords is not None
        np.testing.assert_allclose(again.codewords, trained.codewords, atol=1e-5)

    def test_its_guarantee_is_borne_out(self, trained: Filter, learned: CropSet) -> None:
        nameless = replace(learned, subject=np.full(len(learned), UNKNOWN))
        guarantee = guarantee_of(trained, {"named": learned, "nameless": nameless})
        assert guarantee is not None
        guarantee.check({name: sigma_of(mu) for name, mu in LEVELS.items()})
        assert {name: bounds.mu for name, bounds in guarantee.levels.items()} == pytest.approx(
            dict(LEVELS)
        )
        assert [one.people for one in guarantee.shared] == [4, len(learned)]
        assert all(0 < one.fewest <= one.median <= one.people for one in guarantee.shared)

    def test_answers_that_expect_other_shares_are_those_of_bayes_rule(
        self, learned: CropSet
    ) -> None:
        torch.manual_seed(0)
        plain = new_filter(SIDE, EMOTIONS, RECIPE)
        filter_ = with_codebook(plain, _codebook())
        with pytest.raises(ValueError, match="shown no face"):
            expect(filter_, (0.5, 0.5, 0.0))
        filter_.prior = np.array([0.5, 0.3, 0.2], np.float32)
        expected = np.array([0.7, 0.2, 0.1])
        released = filter_.embed(learned.crops)
        corrected = with_prior(filter_.probabilities(released), filter_.prior, expected)
        expect(filter_, expected.tolist())
        np.testing.assert_allclose(filter_.probabilities(released), corrected, rtol=1e-5)
        np.testing.assert_allclose(filter_.prior, expected, rtol=1e-6)
        np.testing.assert_array_equal(filter_.embed(learned.crops), released)

    def test_a_filter_without_a_codebook_has_none(self) -> None:
        assert guarantee_of(new_filter(SIDE, EMOTIONS, RECIPE), {}) is None

    def test_noise_costs_no_emotion(self, trained: Filter, learned: CropSet) -> None:
        clean = trained.embed(learned.crops)
        noise = np.random.default_rng(0).standard_normal(clean.shape).astype(np.float32)
        noisy = clean + noise * np.float32(sigma_of(LEVELS["strict"]))
        np.testing.assert_array_equal(trained.classify(noisy), trained.classify(clean))
