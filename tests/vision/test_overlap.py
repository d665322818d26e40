"""Which sightings are of one face."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.vision.face import Box, Face
from faceveil.vision.overlap import distinct, nearest, share_of_smaller, share_of_union
from tests.vision.test_blazeface import faces, lengths, places

boxes = st.builds(Box, places, places, lengths, lengths)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_share(one: Box, other: Box) -> None:
    for share in (share_of_union, share_of_smaller):
        assert share(one, other) == pytest.approx(share(other, one))
        assert -1e-9 <= share(one, other) <= 1 + 1e-9
    assert share_of_union(one, other) <= share_of_smaller(one, other) + 1e-9


@given(boxes)
def test_a_box_overlaps_itself_wholly(box: Box) -> None:
    assert share_of_union(box, box) == pytest.approx(1)
    assert share_of_smaller(box, box) == pytest.approx(1)


@given(st.lists(faces(), max_size=8))
def test_distinct_faces_are_apart_and_largest_first_and_every_other_lies_on_a_surer_one(
    some: list[Face],
) -> None:
    surest = distinct(some)

    areas = [face.box.area for face in surest]
    assert areas == sorted(areas, reverse=True)
    for number, face in enumerate(surest):
        assert all(share_of_smaller(face.box, other.box) < 0.5 for other in surest[:number])
    for face in some:
        assert face in surest or any(
            other.score >= face.score and share_of_smaller(face.box, other.box) >= 0.5
            for other in surest
        )


def test_a_box_inside_a_surer_one_is_the_same_face() -> None:
    large = Face(Box(0, 0, 100, 100), 0.9, (30, 40), (70, 40))
    nose = Face(Box(40, 40, 20, 20), 0.7, (45, 45), (55, 45))

    assert distinct([nose, large]) == [large]


def test_a_face_that_both_networks_see_goes_before_one_that_a_single_one_is_surer_of() -> None:
    alone = Face(Box(0, 0, 100, 100), 0.9, (30, 40), (70, 40), agreed=False)
    both = Face(Box(5, 0, 100, 100), 0.7, (35, 40), (75, 40))

    assert distinct([alone, both]) == [both]


def test_the_nearest_covers_a_box_best_and_enough() -> None:
    near = Face(Box(5, 0, 10, 10), 0.5, (7, 3), (12, 3))
    far = Face(Box(7, 0, 10, 10), 0.9, (9, 3), (14, 3))

    assert nearest(Box(4, 0, 10, 10), [far, near]) is near
    assert nearest(Box(40, 0, 10, 10), [far, near]) is None
