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
from faceveil.vision.windows import Window

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


def look(shown: GreyImage, window: Window, network: Network) -> list[Face]:
    """The faces in what is seen through a window, in pixels of the picture, surest first."""
    return [window.shown(face, SIDE) for face in faces_of(network(shown))]


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
    return None if twin is None else window.shown(average(face, twin), SIDE)


def faces_of(predictions: Predictions) -> list[Face]:
    """Blends overlapping predictions into faces, in pixels of what was shown, surest first.

    As BlazeFace does in post-processing, the predictions that overlap the surest one are not thrown
    away but averaged with it, weighted by their scores, which makes the points steadier.
    """
    scores, boxes, keypoints = predictions
    voting = np.flatnonzero(scores >= VOTE)
    voting = voting[(boxes[voting, 2:] > 0).all(axis=1)]
    order = voting[np.argsort(-scores[voting], kind="stable")]
    faces = []
    while order.size and scores[order[0]] >= PROPOSE:
        same = _overlap(boxes[order[0]], boxes[order]) >= SAME_BY_UNION
        same[0] = True
        voters = order[same]
        numbers = np.concatenate([boxes[voters], keypoints[voters, :2].reshape(-1, 4)], axis=1)
        weights = scores[voters, np.newaxis]
        # As np.average does to the last bit, in a fifth of its time.
        blend = ((numbers * weights).sum(axis=0) / weights.sum(axis=0)).tolist()
        x, y, width, height = blend[:4]
        left_eye, right_eye = sorted([(blend[4], blend[5]), (blend[6], blend[7])])
        box = Box(x - width / 2, y - height / 2, width, height)
        faces.append(Face(box, float(scores[order[0]]), left_eye, right_eye))
        order = order[~same]
    return faces


def _overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with (K, 4) others, given by centre and size."""
    low = np.maximum(box[:2] - box[2:] / 2, others[:, :2] - others[:, 2:] / 2)
    high = np.minimum(box[:2] + box[2:] / 2, others[:, :2] + others[:, 2:] / 2)
    common = np.maximum(high - low, 0).prod(axis=1)
    union = box[2:].prod() + others[:, 2:].prod(axis=1) - common
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
    numbers = [(f.box.x, f.box.y, f.box.width, f.box.height, f.score) for f in (one, other)]
    x, y, width, height, score = ((a + b) / 2 for a, b in zip(*numbers, strict=True))
    left_eye, right_eye = (
        ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        for a, b in ((one.left_eye, other.left_eye), (one.right_eye, other.right_eye))
    )
    return Face(Box(x, y, width, height), score, left_eye, right_eye)
