"""What YuNet's cells mean."""

import numpy as np
import pytest

from faceveil.vision.yunet import HEIGHT, LOWER, STRIDES, WIDTH, Cells, face_in_the_middle, faces_of

SIDE = 96


def nothing(pictures: int = 1) -> Cells:
    cells = [np.zeros((pictures, 16, SIDE // s, SIDE // s), np.float32) for s in STRIDES]
    for each in cells:
        each[:, :2] = -9
    return cells


def a_face(
    cells: Cells, x: float, y: float, width: float, logit: float = 3, picture: int = 0
) -> None:
    """Puts a face's box, 1.3 times as high as wide, with its middle here, into the coarse map."""
    stride = STRIDES[1]
    column, row = int(x // stride), int(y // stride)
    cell = cells[1][picture, :, row, column]
    cell[:2] = logit
    cell[2:4] = x / stride - column, y / stride - row
    cell[4:6] = np.log([width / stride, 1.3 * width / stride])
    for number, (dx, dy) in enumerate(((-1, -1), (1, -1), (0, 0), (-0.8, 1), (0.8, 1))):
        at = x + dx * width / 4, y + dy * width / 4
        cell[6 + 2 * number : 8 + 2 * number] = at[0] / stride - column, at[1] / stride - row


def test_a_cell_says_where_the_box_and_the_points_lie() -> None:
    cells = nothing()
    a_face(cells, 41, 53, 30)

    (face,) = faces_of(cells, 0.5)

    side = (30 / WIDTH + 39 / HEIGHT) / 2
    assert (face.box.width, face.box.height) == pytest.approx((side, side), rel=1e-4)
    assert face.box.centre == pytest.approx((41, 53 + LOWER * side), abs=1e-3)
    assert face.left_eye == pytest.approx((41 - 7.5, 53 - 7.5), abs=1e-3)
    assert face.features is not None
    assert face.features.right_mouth == pytest.approx((41 + 6, 53 + 7.5), abs=1e-3)
    assert face.score == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-4)


@pytest.mark.parametrize(("one", "other"), [(3.0, -3.0), (-3.0, 3.0)])
def test_both_logits_count(one: float, other: float) -> None:
    cells = nothing()
    a_face(cells, 41, 53, 30)
    cells[1][0, :2, 3, 2] = one, other

    assert faces_of(cells, 0.5) == []
    (face,) = faces_of(cells, 0.2)
    assert face.score == pytest.approx(np.sqrt(0.9526 * 0.0474), abs=1e-3)


def test_of_two_boxes_on_each_other_the_surer_one_stays() -> None:
    cells = nothing()
    a_face(cells, 45, 40, 30, logit=1)
    a_face(cells, 50, 40, 30, logit=2)
    a_face(cells, 85, 85, 20, logit=0.5)

    found = faces_of(cells, 0.3)

    assert [round(face.box.centre[0]) for face in found] == [50, 85]


def test_in_the_middle_is_the_surest_of_a_fitting_size() -> None:
    cells = nothing(2)
    a_face(cells, 47, 47, 40, logit=1, picture=1)
    a_face(cells, 33, 50, 12, logit=3, picture=1)  # too small
    a_face(cells, 88, 88, 40, logit=3, picture=1)  # aside

    face = face_in_the_middle(cells, 1, SIDE)

    assert face is not None
    assert face.score == pytest.approx(0.731, abs=1e-3)
    assert face_in_the_middle(cells, 0, SIDE) is None


def test_an_extreme_answer_of_the_network_is_no_infinity() -> None:
    cells = nothing()
    a_face(cells, 41, 53, 30)
    cells[1][0, 4:6] = 1e30
    cells[1][0, :2, 0, 0] = -1e30

    assert all(np.isfinite(face.box.area) for face in faces_of(cells, 0.01))
