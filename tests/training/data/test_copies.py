"""Near copies are found; other pictures of the same person are not."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from faceveil.vision.decode import decode
from faceveil.vision.face import GreyImage
from training.data.copies import HASH_BYTES, NEAR, near_copies, picture_hash
from training.data.drawn_face import Expression, Person, Take, draw_face

# Turned and lit from one side: a symmetric drawing has waves of no height, whose bits are noise.
POSE = Take(turn=0.1, light=(20, 10))
FACE = draw_face(Person(), Expression(), POSE, 256)


def apart(one: GreyImage, other: GreyImage) -> int:
    return int(np.bitwise_count(picture_hash(one) ^ picture_hash(other)).sum())


@pytest.mark.parametrize("quality", [40, 80])
def test_a_picture_saved_again_is_a_near_copy(quality: int) -> None:
    file = BytesIO()
    Image.fromarray(FACE).save(file, "JPEG", quality=quality)
    assert apart(FACE, decode(file.getvalue(), max_pixels=10**6).pixels) <= NEAR


def test_a_picture_at_half_its_size_is_a_near_copy() -> None:
    assert apart(FACE, np.asarray(Image.fromarray(FACE).reduce(2))) <= NEAR


@pytest.mark.parametrize(
    "other",
    [
        draw_face(Person(), Expression(mouth=1, brows=1), replace(POSE, shift=(0.02, 0.0)), 256),
        draw_face(Person(), Expression(), replace(POSE, turn=0.0), 256),
        draw_face(Person(face_width=1.3, skin=150), Expression(), POSE, 256),
    ],
    ids=["another expression", "another pose", "another person"],
)
def test_another_picture_is_none(other: GreyImage) -> None:
    assert apart(FACE, other) > NEAR


@given(
    arrays(
        np.uint8, st.tuples(st.integers(0, 40), st.just(HASH_BYTES)), elements=st.integers(0, 3)
    ),
    st.integers(0, 60),
)
def test_the_pairs_are_those_of_a_plain_double_loop(hashes: GreyImage, most: int) -> None:
    expected = [
        (i, j)
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if sum(int(byte).bit_count() for byte in hashes[i] ^ hashes[j]) <= most
    ]
    assert list(map(tuple, near_copies(hashes, most).tolist())) == expected


def test_pairs_are_found_across_the_blocks_of_a_large_set() -> None:
    hashes = np.random.default_rng(0).integers(0, 256, (1300, HASH_BYTES), np.uint8)
    hashes[1250] = hashes[3]
    assert near_copies(hashes).tolist() == [[3, 1250]]
