"""A degradation takes away more the stronger it is, and nothing at strength zero."""

import numpy as np
import pytest

from tests.training.faces import made_up_crops
from training.baselines.degradations import DEGRADATIONS, STRENGTHS

CROPS = made_up_crops(people=3, takes=2).crops

each = pytest.mark.parametrize("name", DEGRADATIONS)


@each
def test_at_strength_zero_crops_stay_as_they_are(name: str) -> None:
    np.testing.assert_array_equal(DEGRADATIONS[name](CROPS, 0.0, 0), CROPS)


@each
def test_a_stronger_one_is_further_from_the_crop(name: str) -> None:
    wide = np.repeat(np.repeat(CROPS, 3, axis=1), 3, axis=2).astype(np.int64)  # 48 pixels
    away = [
        np.abs(DEGRADATIONS[name](wide.astype(np.uint8), strength, 0) - wide).mean()
        for strength in STRENGTHS[name]
    ]
    assert away == sorted(away)
    assert away[0] > 0


@each
def test_crops_keep_their_shape_and_the_seed_decides(name: str) -> None:
    one, other = (DEGRADATIONS[name](CROPS, STRENGTHS[name][0], 5) for _ in range(2))
    assert one.shape == CROPS.shape
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, other)
