"""The privacy filter: what it feeds to the graph, and what it hands out."""

from pathlib import Path

import numpy as np
import pytest

from faceveil.model.bundle import Bundle, BundleError, find_bundle, load_bundle
from faceveil.model.filter import BATCH, PrivacyFilter
from faceveil.model.noise import KeyedNoise, ModelNoise, digest_of
from faceveil.settings import Settings
from faceveil.vision.face import GreyImage
from tests.fakes import FakeSession, fake_card

CARD = fake_card()
KEYED = KeyedNoise(b"a key")
NOISE = ModelNoise(KEYED, CARD).draw


def _crops(count: int) -> list[GreyImage]:
    size = (count, CARD.crop.height, CARD.crop.width)
    return list(np.random.default_rng(0).integers(0, 256, size, np.uint8))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 19])
def test_the_graph_only_ever_sees_one_face_or_a_full_batch(count: int) -> None:
    session = FakeSession()
    readings = PrivacyFilter(CARD, session).read(_crops(count), NOISE)
    assert len(readings) == count
    sizes = [len(feed["face"]) for feed in session.fed]
    assert set(sizes) <= {1, BATCH}
    assert sum(sizes) == count


def test_the_graph_is_fed_what_the_bundle_promises_it() -> None:
    session = FakeSession()
    crops = _crops(BATCH)
    PrivacyFilter(CARD, session).read(crops, NOISE)
    (feed,) = session.fed
    assert {name: (array.dtype.name, array.shape) for name, array in feed.items()} == {
        "face": ("uint8", (BATCH, 32, 24)),
        "noise": ("float32", (BATCH, 4)),
        "sigma": ("float32", (BATCH,)),
    }
    assert (feed["face"] == np.stack(crops)).all()


@pytest.mark.parametrize(("level", "sigma"), [("open", 0.01), ("noisy", 0.5), (None, 0.5)])
def test_sigma_is_the_levels(level: str | None, sigma: float) -> None:
    session = FakeSession()
    PrivacyFilter(CARD, session, level).read(_crops(1), NOISE)
    assert session.fed[0]["sigma"].tolist() == pytest.approx([sigma])


def test_a_level_that_the_card_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(BundleError, match="open, noisy"):
        PrivacyFilter(CARD, FakeSession(), "secret")


def test_the_noise_comes_from_the_key_the_crop_and_the_model_at_its_level() -> None:
    session = FakeSession()
    (crop,) = _crops(1)
    one_level = CARD.model_copy(update={"levels": {"noisy": CARD.levels["noisy"]}})
    noise = ModelNoise(KEYED, one_level).draw
    PrivacyFilter(one_level, session, "noisy").read([crop], noise)
    expected = KEYED.draw(digest_of(crop), CARD.dimension, "fake/1.2.3/noisy", "")
    assert (session.fed[0]["noise"][0] == expected).all()


def test_a_model_that_embeds_nearly_alike_releases_the_noise_of_its_twin() -> None:
    whole, small = FakeSession(), FakeSession()
    twin = CARD.model_copy(update={"name": "twin", "noise_of": f"{CARD.name}/{CARD.version}"})
    for card, session in ((CARD, whole), (twin, small)):
        PrivacyFilter(card, session).read(_crops(1), ModelNoise(KEYED, card).draw)
    np.testing.assert_array_equal(whole.fed[0]["noise"], small.fed[0]["noise"])


def test_a_face_is_answered_alike_alone_and_among_others() -> None:
    reader = PrivacyFilter(CARD, FakeSession())
    crops = _crops(BATCH + 2)
    together = reader.read(crops, NOISE)
    alone = [reader.read([crop], NOISE)[0] for crop in crops]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.embedding, other.embedding)
        np.testing.assert_array_equal(one.emotion, other.emotion)


def test_readings_keep_the_order_of_the_crops() -> None:
    crops = [np.full((32, 24), level, np.uint8) for level in range(0, 190, 10)]
    readings = PrivacyFilter(CARD, FakeSession(), "open").read(crops, NOISE)
    means = [float(reading.embedding.mean()) for reading in readings]
    assert means == pytest.approx([level / 255 for level in range(0, 190, 10)], abs=0.015)


def test_a_graph_that_is_none_is_refused() -> None:
    with pytest.raises(BundleError, match=r"fake 1\.2\.3 does not run"):
        PrivacyFilter.load(Bundle(CARD, b"words"))


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return load_bundle(find_bundle(Settings().model.directory, "faceveil"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"dimension": 3}, "does not run"), ({"labels": ["a", "b"]}, "does not answer")],
    ids=str,
)
def test_a_graph_that_is_not_what_its_card_says_is_refused(
    shipped: Bundle, change: dict[str, object], complaint: str
) -> None:
    card = shipped.card.model_copy(update=change)
    with pytest.raises(BundleError, match=complaint):
        PrivacyFilter.load(Bundle(card, shipped.graph))


def test_the_shipped_graph_answers_what_its_card_says(shipped: Bundle) -> None:
    card = shipped.card
    size = (BATCH + 1, card.crop.height, card.crop.width)
    crops = list(np.random.default_rng(0).integers(0, 256, size, np.uint8))
    readings = PrivacyFilter.load(shipped).read(crops, ModelNoise(KEYED, card).draw)
    embeddings = np.stack([reading.embedding for reading in readings])
    emotions = np.stack([reading.emotion for reading in readings])
    assert embeddings.shape == (BATCH + 1, card.dimension)
    assert np.isfinite(embeddings).all()
    np.testing.assert_allclose(emotions.sum(axis=1), 1, atol=1e-5)


def test_the_shipped_bundle_is_small_enough_to_verify_at_every_start(shipped: Bundle) -> None:
    assert len(shipped.graph) == shipped.card.graph.bytes < 50 * 2**20
    folder = find_bundle(Settings().model.directory, "faceveil", shipped.card.version)
    assert folder == Path(Settings().model.directory) / "faceveil" / shipped.card.version
