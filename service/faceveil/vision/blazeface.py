"""BlazeFace: sees a face that fills a good part of a square, and its eyes to a part of a pixel.

The network looks at 128 x 128 grey levels and knows faces that fill between a sixth and nine tenths
of the side, turned by up to about 45 degrees. Each face is looked at through a window of its own,
in which it fills half the side, straight and mirrored: there the network is surest and its eye
points are steadiest, and every face gets the same framing, however large it was in the picture.

Source: Bazarevsky et al., "BlazeFace", arXiv 1907.05047 (2019), its part on post-processing for the
blending of overlapping predictions. The figures behind the constants: docs/figures/detector.md.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from faceveil.runtime import open_session
from faceveil.vision.face import Box, Face, GreyImage
from faceveil.vision.overlap import SAME_BY_UNION, nearest
from faceveil.vision.windows import Window, view

SIDE = 128
"""Height and width of what the network sees, in pixels."""

PROPOSE = 0.5
"""Score from which a face is one."""

VOTE = 0.25
"""Score from which a prediction has a say in where a face lies that a surer one has found."""

MARGIN = 2.0
"""Side of a face's own window, in sides of its box."""

Predictions = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""`scores` (A,), `boxes` (A, 4) as centre x, centre y, width, height, `keypoints` (A, 6, 2)."""

Network = Callable[[GreyImage], Predictions]
"""Predictions of the A anchors for grey levels of shape (SIDE, SIDE), in pixels of these."""


def open_blazeface(graph: bytes) -> Network:
    """The network: the bytes of its ONNX file, as its `make.py` makes it."""
    session = open_session(graph)

    def network(shown: GreyImage) -> Predictions:
        outputs = session.run(("scores", "boxes", "keypoints"), {"picture": shown[np.newaxis]})
        scores, boxes, keypoints = (output[0] for output in outputs)
        return scores, boxes, keypoints

    return network


def look(picture: GreyImage, window: Window, network: Network) -> list[Face]:
    """The faces in a window, in pixels of the picture, surest first."""
    shown = view(picture, window, SIDE)
    return [_in_picture(face, window) for face in faces_of(network(shown))]


def look_closely(shown: GreyImage, window: Window, network: Network) -> Face | None:
    """The face in the middle of its own window, averaged over the view and its mirror image.

    The mirror image asks the network the same question in another way: the eyes come out steadier,
    and what only looked like a face rarely does so twice.

    Args:
        shown: what is seen through the window: uint8, shape (SIDE, SIDE).
        window: MARGIN times as wide as the face.
        network: to look with.

    Returns:
        The face in pixels of the picture; None if it is not seen both times.
    """
    half = SIDE / MARGIN
    face = nearest(Box((SIDE - half) / 2, (SIDE - half) / 2, half, half), faces_of(network(shown)))
    if face is None:
        return None
    flipped = faces_of(network(np.ascontiguousarray(shown[:, ::-1])))
    twin = nearest(face.box, [mirrored(other) for other in flipped])
    return None if twin is None else _in_picture(average(face, twin), window)


def faces_of(predictions: Predictions) -> list[Face]:
    """Blends overlapping predictions into faces, in pixels of what was shown, surest first.

    As BlazeFace does in post-processing, the predictions that overlap the surest one are not thrown
    away but averaged with it, weighted by their scores, which makes the points steadier.
    """
    voting = (predictions[0] >= VOTE) & (predictions[1][:, 2:] > 0).all(axis=1)
    scores, boxes, keypoints = (part[voting] for part in predictions)
    order = np.argsort(-scores, kind="stable")
    faces = []
    while order.size and scores[order[0]] >= PROPOSE:
        same = _overlap(boxes[order[0]], boxes[order]) >= SAME_BY_UNION
        same[0] = True
        voters = order[same]
        x, y, width, height = np.average(boxes[voters], axis=0, weights=scores[voters]).tolist()
        eyes = np.average(keypoints[voters, :2], axis=0, weights=scores[voters]).tolist()
        left_eye, right_eye = sorted((float(x), float(y)) for x, y in eyes)
        box = Box(x - width / 2, y - height / 2, width, height)
        faces.append(Face(box, float(scores[order[0]]), left_eye, right_eye))
        order = order[~same]
    return faces


def _overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with (K, 4) others, given by centre and size."""
    low = np.maximum(box[:2] - box[2:] / 2, others[:, :2] - others[:, 2:] / 2)
    high = np.minimum(box[:2] + box[2:] / 2, others[:, :2] + others[:, 2:] / 2)
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    union = np.prod(box[2:]) + np.prod(others[:, 2:], axis=1) - common
    return np.asarray(common / union, np.float32)


def mirrored(face: Face) -> Face:
    """The face as it lies when what was shown is mirrored, left to right."""
    box = face.box
    (left_x, left_y), (right_x, right_y) = face.left_eye, face.right_eye
    return Face(
        Box(SIDE - box.x - box.width, box.y, box.width, box.height),
        face.score,
        (SIDE - right_x, right_y),
        (SIDE - left_x, left_y),
    )


def average(one: Face, other: Face) -> Face:
    """The face half-way between two sightings of it, in place, size, eyes and score."""
    first, second = (
        np.array([f.box.x, f.box.y, f.box.width, f.box.height, f.score, *f.left_eye, *f.right_eye])
        for f in (one, other)
    )
    x, y, width, height, score, *eyes = ((first + second) / 2).tolist()
    return Face(Box(x, y, width, height), score, (eyes[0], eyes[1]), (eyes[2], eyes[3]))


def _in_picture(face: Face, window: Window) -> Face:
    return face.moved(
        lambda at: window.in_picture((at[0] / SIDE, at[1] / SIDE)), window.side / SIDE
    )
