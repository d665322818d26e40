"""The noise: secret, standard normal, and the same for the same image."""

import multiprocessing
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.stats import kstest

from service.engine.noise import KEY_BYTES, KeyedNoise, load_or_make_key
from service.vision.face import GreyImage

PINNED = [1.1100151538848877, 1.1051084995269775, -1.092986822128296, -0.15742284059524536]

CROP: GreyImage = np.arange(48, dtype=np.uint8).reshape(6, 8)
crops = arrays.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)))


@given(key=st.binary(min_size=1), crop=crops, dimension=st.integers(1, 64), context=st.text())
def test_the_same_question_has_the_same_answer(
    key: bytes, crop: GreyImage, dimension: int, context: str
) -> None:
    first = KeyedNoise(key).draw(crop, dimension, context)
    again = KeyedNoise(key).draw(crop.copy(order="F"), dimension, context)
    assert first.dtype == np.float32
    assert first.shape == (dimension,)
    np.testing.assert_array_equal(first, again)


@given(place=st.tuples(st.integers(0, 5), st.integers(0, 7)), change=st.integers(1, 255))
def test_one_grey_level_in_one_pixel_changes_everything(
    place: tuple[int, int], change: int
) -> None:
    other = CROP.copy()
    other[place] ^= np.uint8(change)
    noise = KeyedNoise(b"key")
    assert (noise.draw(CROP, 16, "model") != noise.draw(other, 16, "model")).all()


def test_another_key_model_or_shape_changes_everything() -> None:
    noise = KeyedNoise(b"key").draw(CROP, 16, "model/1.0.0/balanced")
    others = [
        KeyedNoise(b"another key").draw(CROP, 16, "model/1.0.0/balanced"),
        KeyedNoise(b"key").draw(CROP, 16, "model/1.0.0/strict"),
        KeyedNoise(b"key").draw(CROP, 16, "model/1.0.1/balanced"),
        KeyedNoise(b"key").draw(CROP.reshape(8, 6), 16, "model/1.0.0/balanced"),
    ]
    for other in others:
        assert (noise != other).all()


@pytest.fixture(scope="module")
def sample() -> NDArray[np.float32]:
    """Noise of 4000 crops that differ by a single pixel, 16 values each."""
    noise = KeyedNoise(b"a fixed key")
    crop = np.zeros((4000, 64, 64), np.uint8)
    indices = np.arange(4000)
    crop[indices, indices // 64, indices % 64] = 1
    return np.stack([noise.draw(one, 16, "model") for one in crop])


def test_the_noise_is_standard_normal(sample: NDArray[np.float32]) -> None:
    assert kstest(sample.ravel(), "norm").pvalue > 0.01


def test_the_noise_of_nearly_equal_images_is_independent(sample: NDArray[np.float32]) -> None:
    # Correlations of 4000 pairs have a standard error of 0.016; 4.5 of them hold for all 120 pairs.
    between_values = np.asarray(np.corrcoef(sample.T))[np.triu_indices(16, 1)]
    neighbours = np.stack([sample[:-1].ravel(), sample[1:].ravel()])
    between_images = np.asarray(np.corrcoef(neighbours))[0, 1]
    assert np.abs(between_values).max() < 4.5 / np.sqrt(4000)
    assert abs(between_images) < 4.5 / np.sqrt(64_000)


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "noise.key"
    key = load_or_make_key(path)
    assert len(key) == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_key(path) == key
    assert list(path.parent.iterdir()) == [path]


def test_two_folders_get_two_keys(tmp_path: Path) -> None:
    assert load_or_make_key(tmp_path / "a") != load_or_make_key(tmp_path / "b")


@pytest.mark.parametrize("content", ["", "words", "ab" * 31, "ab" * 33, "\u00e4" * 64])
def test_a_file_that_holds_no_key_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "noise.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"noise\.key does not hold 32 bytes"):
        load_or_make_key(path)
    assert path.read_text(encoding="utf-8") == content


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("forkserver").Pool(4) as pool:
        keys = pool.map(load_or_make_key, [tmp_path / "noise.key"] * 16, chunksize=1)
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["noise.key"]


def test_the_draw_is_pinned_for_stored_embeddings_must_not_change_with_a_library() -> None:
    drawn = KeyedNoise(bytes(range(32))).draw(np.full((4, 4), 7, np.uint8), 4, "faceveil/1.0.0/x")
    np.testing.assert_allclose(drawn, PINNED, rtol=1e-6)
