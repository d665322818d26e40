"""A moved portrait: like the portrait where nothing moves, and moved as it is told."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.training.data.animated.synthetic import SIZE, expression, somebody
from training.data.animated.head import Array
from training.data.animated.portrait import Portrait
from training.data.animated.take import Take, draw_take, photograph, show

AT_REST = expression()
PLAIN = Take()


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return somebody()


def _grey(portrait: Portrait, expression: Array = AT_REST, take: Take = PLAIN) -> Array:
    return np.asarray(show(portrait, expression, take, SIZE).mean(axis=2))


def test_at_rest_it_looks_like_the_portrait(portrait: Portrait) -> None:
    zoom = portrait.fit.eyes / SIZE / 0.27
    seen = _grey(portrait, take=Take(zoom=zoom, own=1.0))
    given = portrait.picture.mean(axis=2)
    # The same but for where the face is in the picture.
    shifts = [
        np.roll(given, (down, right), (0, 1)) for down in range(-9, 10) for right in (-1, 0, 1)
    ]
    middle = slice(SIZE // 4, -SIZE // 4)
    likeness = [
        np.corrcoef(seen[middle, middle].ravel(), shifted[middle, middle].ravel())[0, 1]
        for shifted in shifts
    ]
    assert max(likeness) > 0.95


@pytest.mark.parametrize(
    ("moved", "rows"),
    [({"browInnerUp": 1.0, "browOuterUp": 1.0}, (0.2, 0.5)), ({"jawOpen": 0.6}, (0.55, 0.95))],
)
def test_what_moves_changes_its_part_of_the_face(
    portrait: Portrait, moved: dict[str, float], rows: tuple[float, float]
) -> None:
    change = np.abs(_grey(portrait, expression(**moved)) - _grey(portrait)).sum(axis=1)
    top, bottom = (int(share * SIZE) for share in rows)
    assert change[top:bottom].sum() > 0.7 * change.sum() > 0


def test_light_from_one_side_makes_that_side_brighter(portrait: Portrait) -> None:
    right = _grey(portrait, take=Take(light=(60.0, 0.0), ambient=0.3))
    left = _grey(portrait, take=Take(light=(-60.0, 0.0), ambient=0.3))
    half = SIZE // 2
    assert right[:, half:].mean() > left[:, half:].mean() + 5
    assert left[:, :half].mean() > right[:, :half].mean() + 5


LIPS = slice(int(0.6 * SIZE), int(0.9 * SIZE)), slice(int(0.4 * SIZE), int(0.6 * SIZE))
BARED = {"jawOpen": 0.2, "mouthUpperUp": 1.0, "mouthLowerDown": 2.0}


def test_an_open_mouth_shows_the_dark_behind_the_lips(portrait: Portrait) -> None:
    shut, opened = (_grey(portrait, moved)[LIPS] for moved in (AT_REST, expression(jawOpen=0.6)))
    assert np.percentile(opened, 2) < 0.5 * np.percentile(shut, 2)


@pytest.mark.parametrize("lightness", [1.0, 0.4])
def test_bared_teeth_are_whiter_than_the_lips_of_every_skin(
    portrait: Portrait, lightness: float
) -> None:
    somebody_else = replace(portrait, picture=(portrait.picture * lightness).astype(np.uint8))
    shut, bared = (_grey(somebody_else, moved)[LIPS] for moved in (AT_REST, expression(**BARED)))
    assert np.percentile(bared, 95) > np.percentile(shut, 95) + 20


def test_a_raised_lip_folds_the_skin_beside_the_nose_deeper_in_old_skin(portrait: Portrait) -> None:
    beside = slice(int(0.5 * SIZE), int(0.7 * SIZE)), slice(int(0.3 * SIZE), int(0.7 * SIZE))
    raised = expression(mouthUpperUp=1.0, noseSneer=0.5)
    young, old = (_grey(portrait, raised, Take(creased=it))[beside] for it in (0.2, 1.2))
    assert (old <= young + 1e-9).all()
    assert (young - old).max() > 15
    assert np.mean(young - old > 5) < 0.5  # a fold is narrow


def test_wide_eyes_are_no_whiter_than_the_persons_own(portrait: Portrait) -> None:
    eyes = slice(int(0.35 * SIZE), int(0.5 * SIZE)), slice(int(0.2 * SIZE), int(0.8 * SIZE))
    wide = _grey(portrait, expression(eyeWide=1.8))[eyes]
    assert wide.max() < 1.1 * portrait.white.mean()


def test_nothing_is_left_black_around_a_turned_head(portrait: Portrait) -> None:
    for yaw, pitch in ((20.0, 0.0), (-20.0, 10.0), (0.0, -15.0)):
        corners = _grey(portrait, take=Take(yaw=yaw, pitch=pitch))[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert (corners > 20).all()


def test_a_mirrored_picture_is_the_other_way_round(portrait: Portrait) -> None:
    take = Take(yaw=15.0, quality=95)
    pictures = [
        np.asarray(Image.open(io.BytesIO(photograph(portrait, AT_REST, t, SIZE, _rng()))), float)
        for t in (take, replace(take, mirrored=True))
    ]
    assert np.abs(pictures[0] - pictures[1][:, ::-1]).mean() < 3
    assert np.abs(pictures[0] - pictures[1]).mean() > 3


def test_takes_differ_within_bounds() -> None:
    takes = [draw_take(_rng(seed)) for seed in range(200)]
    assert len(set(takes)) == len(takes)
    assert np.std([take.yaw for take in takes]) > 5
    assert all(0 <= take.ambient <= 1 and 1 <= take.quality <= 95 for take in takes)
    assert all(0 <= take.own <= 1 and take.gain > 0 and take.zoom > 0 for take in takes)


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)
