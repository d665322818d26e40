"""The noise: secret, standard normal, and the same for the same image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.stats import kstest

from faceveil.model.noise import KeyedNoise, ModelNoise, digest_of
from faceveil.vision.face import GreyImage
from tests.fakes import PROVED, fake_card

PINNED = [0.9983559250831604, 1.1525431871414185, -0.2865089178085327, -1.476919412612915]

CROP: GreyImage = np.arange(48, dtype=np.uint8).reshape(6, 8)
crops = arrays.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)))


def _drawn(
    crop: GreyImage, *, key: bytes = b"key", context: str = "model", tenant: str = "a"
) -> NDArray[np.float32]:
    return KeyedNoise(key).draw(digest_of(crop), 16, context, tenant)


@given(key=st.binary(min_size=1), crop=crops, dimension=st.integers(1, 64), context=st.text())
def test_the_same_question_has_the_same_answer(
    key: bytes, crop: GreyImage, dimension: int, context: str
) -> None:
    first = KeyedNoise(key).draw(digest_of(crop), dimension, context, "a")
    again = KeyedNoise(key).draw(digest_of(crop.copy(order="F")), dimension, context, "a")
    assert first.dtype == np.float32
    assert first.shape == (dimension,)
    np.testing.assert_array_equal(first, again)


@given(place=st.tuples(st.integers(0, 5), st.integers(0, 7)), change=st.integers(1, 255))
def test_one_grey_level_in_one_pixel_changes_everything(
    place: tuple[int, int], change: int
) -> None:
    other = CROP.copy()
    other[place] ^= np.uint8(change)
    assert (_drawn(CROP) != _drawn(other)).all()


def test_another_key_model_level_tenant_or_shape_changes_everything() -> None:
    noise = _drawn(CROP, context="model/1.0.0/balanced")
    others = [
        _drawn(CROP, key=b"another key", context="model/1.0.0/balanced"),
        _drawn(CROP, context="model/1.0.0/strict"),
        _drawn(CROP, context="model/1.0.1/balanced"),
        _drawn(CROP, context="model/1.0.0/balanced", tenant="another"),
        _drawn(CROP.reshape(8, 6), context="model/1.0.0/balanced"),
    ]
    for other in others:
        assert (noise != other).all()


def test_at_every_level_another_tenant_gets_other_noise() -> None:
    noise = ModelNoise(KeyedNoise(b"key"), fake_card())
    mine, theirs = (noise.draw([digest_of(CROP)], "noisy", tenant) for tenant in ("a", "b"))
    assert mine.shape == (1, 4)
    assert (mine != theirs).all()
    assert (noise.draw([digest_of(CROP)], "noisy", "a") == mine).all()


@pytest.fixture(scope="module")
def sample() -> NDArray[np.float32]:
    """Noise of 4000 crops that differ by a single pixel, 16 values each."""
    noise = KeyedNoise(b"a fixed key")
    crop = np.zeros((4000, 64, 64), np.uint8)
    indices = np.arange(4000)
    crop[indices, indices // 64, indices % 64] = 1
    return np.stack([noise.draw(digest_of(one), 16, "model", "a") for one in crop])


def test_the_noise_is_standard_normal(sample: NDArray[np.float32]) -> None:
    assert kstest(sample.ravel(), "norm").pvalue > 0.01


def test_the_noise_of_nearly_equal_images_is_independent(sample: NDArray[np.float32]) -> None:
    # Correlations of 4000 pairs have a standard error of 0.016; 4.5 of them hold for all 120 pairs.
    between_values = np.asarray(np.corrcoef(sample.T))[np.triu_indices(16, 1)]
    neighbours = np.stack([sample[:-1].ravel(), sample[1:].ravel()])
    between_images = np.asarray(np.corrcoef(neighbours))[0, 1]
    assert np.abs(between_values).max() < 4.5 / np.sqrt(4000)
    assert abs(between_images) < 4.5 / np.sqrt(64_000)


def test_the_draw_is_pinned_for_stored_embeddings_must_not_change_with_a_library() -> None:
    drawn = KeyedNoise(bytes(range(32))).draw(
        digest_of(np.full((4, 4), 7, np.uint8)), 4, "faceveil/1.0.0/x", "a"
    )
    np.testing.assert_allclose(drawn, PINNED, rtol=1e-6)


def test_noise_for_a_proof_is_standard_normal_and_other_noise() -> None:
    noise = KeyedNoise(b"key")
    drawn = np.concatenate(
        [
            noise.draw(digest_of(CROP + np.uint8(n)), 64, "model", "a", cryptographic=True)
            for n in range(200)
        ]
    )
    assert kstest(drawn, "norm").pvalue > 0.001
    assert not np.isin(noise.draw(digest_of(CROP), 64, "model", "a"), drawn).any()


@pytest.mark.parametrize("twin", [{}, {"noise_of": "other/1.0.0"}])
def test_models_with_a_guarantee_get_noise_that_a_proof_can_stand_on(twin: dict[str, str]) -> None:
    card = fake_card(**PROVED, **twin)
    noise = ModelNoise(KeyedNoise(b"key"), card)
    expected = KeyedNoise(b"key").draw(
        digest_of(CROP), 4, "fake/1.2.3/open", "a", cryptographic=True
    )
    np.testing.assert_array_equal(noise.draw([digest_of(CROP)], "open", "a")[0], expected)
