"""YuNet: sees small and large faces in one look at a whole picture, and their five points.

It knows faces of 10 to 300 pixels that are about upright; in one that is not it is less sure, and
puts the points where an upright face would have them.

Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research
20, 656-665 (2023); the decoding follows OpenCV's `FaceDetectorYN`.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from faceveil.runtime import open_session
from faceveil.vision.face import Box, Face, Features, GreyImage

STRIDES = (8, 16, 32)
"""Pixels between the cells of the feature maps; a picture's sides are multiples of the last."""

SAME = 0.5
"""Overlap, as a share of the union, from which the less sure of two boxes is dropped."""

WIDTH, HEIGHT, LOWER = 0.91, 1.20, 0.09
"""Width and height of its boxes, and how far lower the middle of BlazeFace's lies, in sides of
these: medians of 1,000 portraits. A face has one box, whoever saw it."""

FAINT = 0.05
"""Score under which nothing is seen in a window."""

MOST = 400
"""Cells that are looked at in one picture, the surest first."""

Cells = list[NDArray[np.float32]]
"""For each stride (N, 16, rows, columns): two logits, four numbers of the box, ten of points."""

Network = Callable[[GreyImage], Cells]
"""What is seen in N pictures, shape (N, height, width), of sides that are multiples of 32."""


def open_yunet(graph: bytes) -> Network:
    """The network: the bytes of its ONNX file, as its `make.py` makes it."""
    session = open_session(graph)
    names = [f"cells_{stride}" for stride in STRIDES]
    return lambda pictures: session.run(names, {"picture": pictures})


def faces_of(cells: Cells, least: float) -> list[Face]:
    """The faces in one picture, surest first, in its pixels.

    Args:
        cells: of this picture alone.
        least: score from which a face is one; of several on each other the surest is.
    """
    scores, boxes, points = _all_decoded([each[0] for each in cells], least)
    order = np.argsort(-scores, kind="stable")[:MOST]
    order = order[scores[order] >= least]
    faces = []
    while order.size:
        first, order = order[0], order[1:]
        order = order[_overlap(boxes[first], boxes[order]) < SAME]
        faces.append(_face(float(scores[first]), boxes[first].tolist(), points[first].tolist()))
    return faces


def face_in_the_middle(cells: Cells, number: int, side: int) -> Face | None:
    """The surest face about half as wide as one of the pictures, which are square, in its middle.

    Args:
        cells: of several pictures.
        number: of the picture.
        side: of the pictures, in pixels.
    """
    scores, boxes, points = _all_decoded([each[number] for each in cells], FAINT)
    middles, widths = boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:].max(axis=1) / side
    fits = (np.abs(middles - side / 2).max(axis=1) < side / 4) & (widths > 0.25) & (widths < 1)
    if not fits.any():
        return None
    best = int(np.argmax(np.where(fits, scores, 0)))
    return _face(float(scores[best]), boxes[best].tolist(), points[best].tolist())


def _face(score: float, box: list[float], points: list[list[float]]) -> Face:
    x, y, width, height = box
    side = (width / WIDTH + height / HEIGHT) / 2
    middle = (x + width / 2, y + height / 2 + LOWER * side)
    left_eye, right_eye, nose, left_mouth, right_mouth = ((x, y) for x, y in points)
    return Face(
        Box(middle[0] - side / 2, middle[1] - side / 2, side, side),
        score,
        left_eye,
        right_eye,
        Features(nose, left_mouth, right_mouth),
    )


_Parts = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Scores (K,), boxes (K, 4) as x, y, width, height, and points (K, 5, 2)."""


def _all_decoded(cells: Cells, least: float) -> _Parts:
    """What one picture's cells say, where both logits alone allow for a score of so much."""
    floor = np.log(least**2 / (1 - least**2))
    numbers = np.concatenate([each.reshape(len(each), -1) for each in cells], axis=1)
    at = np.flatnonzero(np.minimum(numbers[0], numbers[1]) >= floor)
    numbers, places = numbers[:, at].T, _places(*cells[0].shape[1:])[at]
    corners, strides = places[:, :2], places[:, 2:]
    scores = np.sqrt(_sigmoid(numbers[:, 0]) * _sigmoid(numbers[:, 1]))
    sizes = np.exp(np.minimum(numbers[:, 4:6], 8)) * strides
    centres = corners + numbers[:, 2:4] * strides
    points = np.tile(corners, 5) + numbers[:, 6:] * strides
    boxes = np.concatenate([centres - sizes / 2, sizes], axis=1)
    return scores, boxes, points.reshape(-1, 5, 2).astype(np.float32, copy=False)


@lru_cache(maxsize=32)
def _places(rows: int, columns: int) -> NDArray[np.float32]:
    """Left and top of each cell, and its stride, (K, 3), given how many of the finest there are."""
    places = []
    for stride in STRIDES:
        part = stride // STRIDES[0]
        tops, lefts = np.mgrid[: rows // part, : columns // part] * stride
        places.append(np.stack([lefts, tops, np.full_like(tops, stride)], axis=-1).reshape(-1, 3))
    return np.concatenate(places).astype(np.float32)


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.maximum(logits, -60))), np.float32)


def _overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with (K, 4) others."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    union = box[2:].prod() + others[:, 2:].prod(axis=1) - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float32)
