"""Who draws faces from embeddings is dangerous where these tell of the face, and only there."""

import numpy as np

from faceveil.audit.attackers import NEAREST
from faceveil.audit.closed_set import closed_set
from faceveil.audit.protocol import Split
from tests.training.faces import SIDE, made_up_crops
from training.lab.reconstruction import learn_decoder, looks

PART = made_up_crops(people=4, takes=12, emotions=1)


def _named(embedding: np.ndarray) -> float:
    """Rank-1 of drawings of half of the pictures, compared with crops of the other half."""
    probed = np.arange(len(PART)) % 2 == 0
    decoder = learn_decoder(embedding[~probed], PART.crops[~probed], steps=300)
    drawn, real = looks(decoder.draw(embedding)), looks(PART.crops)
    split = Split(real[~probed], PART.subject[~probed], drawn[probed], PART.subject[probed])
    return closed_set([split], (NEAREST,), 0)[NEAREST.name].rate.rate


def test_a_drawing_has_the_crops_shape_and_the_same_seed_draws_it_again() -> None:
    embedding = np.eye(4, dtype=np.float32)[PART.subject]
    one, other = (learn_decoder(embedding, PART.crops, steps=5).draw(embedding) for _ in range(2))
    assert one.shape == (len(PART), SIDE, SIDE)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, other)


def test_the_person_is_named_from_what_tells_whose_face_it_is() -> None:
    assert _named(np.eye(4, dtype=np.float32)[PART.subject]) > 0.7


def test_nothing_is_drawn_from_noise() -> None:
    noise = np.random.default_rng(0).standard_normal((len(PART), 2)).astype(np.float32)
    assert _named(noise) < 0.5
