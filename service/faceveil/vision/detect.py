"""Finds the faces in a picture with BlazeFace, run by ONNX Runtime.

The network looks at squares of 128 x 128 grey levels and knows faces that fill between a sixth and
nine tenths of the side. So a picture is looked at through square windows, from coarse to fine, and
whatever a window proposes is looked at once more through a window of its own, in which it fills
half the side, straight and mirrored: there the network is surest and its eye points are steadiest,
and every face gets the same framing, however large it was in the picture. What the second look does
not see again is no face.

Source: Bazarevsky et al., "BlazeFace", arXiv 1907.05047 (2019), its part on post-processing for the
blending of overlapping predictions. The figures behind the constants: docs/figures/detector.md.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from faceveil.runtime import open_session
from faceveil.vision.face import Box, Face, GreyImage
from faceveil.vision.windows import SIDE, Window, view, windows_by_fineness

PROPOSE = 0.5
"""Score from which a first look proposes a face."""

SURE, DOUBTFUL = 0.75, 0.65
"""Scores from which a second look confirms a face, and from which it keeps one in doubt: that one
counts if the whole picture shows it and nothing surer turns up anywhere."""

VOTE = 0.25
"""Score from which a prediction has a say in where a face lies that a surer one has found."""

SAME_BY_UNION, SAME_BY_SMALLER = 0.3, 0.5
"""Overlap, as a share of the union or of the smaller box, from which two boxes are one face."""

MARGIN = 2.0
"""Side of the second look's window, in sides of the proposed box."""

MAX_SECOND_LOOKS, MAX_SECOND_LOOKS_QUICK = 100, 16
"""Proposals that are looked at again in one picture, coarse before fine, large before small."""

Predictions = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""`scores` (A,), `boxes` (A, 4) as centre x, centre y, width, height, `keypoints` (A, 6, 2)."""

Network = Callable[[GreyImage], Predictions]
"""Predictions of the A anchors for grey levels of shape (SIDE, SIDE), in pixels of these."""


class BlazeFace:
    """The face detector; safe to share between threads, as nothing in it changes."""

    def __init__(self, graph: bytes) -> None:
        """Loads the network: the bytes of the detector's ONNX file, as its `make.py` makes it."""
        self._session = open_session(graph)

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        """Returns the faces in the picture, largest box first.

        See `find_faces` for what `thorough` does and how often the network runs.
        """
        return find_faces(picture, self.predict, thorough=thorough)

    def predict(self, view: GreyImage) -> Predictions:
        """One run of the network, on grey levels of shape (SIDE, SIDE)."""
        outputs = self._session.run(("scores", "boxes", "keypoints"), {"picture": view[np.newaxis]})
        scores, boxes, keypoints = (output[0] for output in outputs)
        return scores, boxes, keypoints


def find_faces(picture: GreyImage, network: Network, *, thorough: bool = False) -> list[Face]:
    """Looks for faces from coarse to fine.

    Quick, it stops at the first fineness that surely shows a face: three network runs for a
    portrait, at most 47 + 2 * 16 = 79. Thorough, it looks through all windows, so that small faces
    beside large ones are found too: at most 47 + 2 * 100 = 247 runs. A picture of less than 256
    pixels has fewer windows, 11 or 2 instead of 47.

    Args:
        picture: uint8, shape (height, width), grey levels of the upright picture.
        network: the face detection network.
        thorough: whether all faces are wanted, and not just those that stand out.

    Returns:
        The faces, largest box first, no two of them on one face.

    Raises:
        ValueError: the picture is not a two-dimensional uint8 array, or is empty.
    """
    if picture.ndim != 2 or picture.dtype != np.uint8 or picture.size == 0:
        raise ValueError(f"a grey picture is needed, not {picture.dtype} of shape {picture.shape}")
    sure: list[Face] = []
    doubtful: list[Face] = []
    allowance = MAX_SECOND_LOOKS if thorough else MAX_SECOND_LOOKS_QUICK
    for windows in windows_by_fineness(*picture.shape):
        proposed = distinct([face for w in windows for face in _look(picture, w, network)])
        new = [face for face in proposed if _apart(face, sure)][:allowance]
        allowance -= len(new)
        again = [found for face in new if (found := _look_again(picture, face, network))]
        sure = distinct(sure + [face for face in again if face.score >= SURE])
        if sure and not thorough:
            break
        if len(windows) == 1:
            doubtful += [face for face in again if face.score >= DOUBTFUL]
    return sure or distinct(doubtful)


def _look(picture: GreyImage, window: Window, network: Network) -> list[Face]:
    return faces_from_predictions(network(view(picture, window)), window)


def _look_again(picture: GreyImage, candidate: Face, network: Network) -> Face | None:
    """The candidate as seen in the middle of a window, averaged over the view and its mirror image.

    The mirror image asks the network the same question in another way: the eyes come out steadier,
    and what only looked like a face rarely does so twice.
    """
    box = candidate.box
    side = MARGIN * max(box.width, box.height)
    window = Window.around(box.x + box.width / 2, box.y + box.height / 2, side)
    straight = view(picture, window)
    face = _nearest(candidate, faces_from_predictions(network(straight), window))
    if face is None:
        return None
    flipped = faces_from_predictions(network(np.ascontiguousarray(straight[:, ::-1])), window)
    twin = _nearest(face, [mirrored(other, window) for other in flipped])
    return None if twin is None else average(face, twin)


def _nearest(face: Face, others: Sequence[Face]) -> Face | None:
    """Which of the others covers the face best, if any covers it enough to be the same one."""
    best = max(others, key=lambda other: share_of_union(face.box, other.box), default=None)
    return best if best and share_of_union(face.box, best.box) >= SAME_BY_UNION else None


def faces_from_predictions(predictions: Predictions, window: Window) -> list[Face]:
    """Blends overlapping predictions into faces, in pixels of the picture, surest first.

    As BlazeFace does in post-processing, the predictions that overlap the surest one are not thrown
    away but averaged with it, weighted by their scores, which makes the points steadier.
    """
    voting = (predictions[0] >= VOTE) & (predictions[1][:, 2:] > 0).all(axis=1)
    scores, boxes, keypoints = (part[voting] for part in predictions)
    order = np.argsort(-scores, kind="stable")
    faces = []
    while order.size and scores[order[0]] >= PROPOSE:
        same = _overlap_by_union(boxes[order[0]], boxes[order]) >= SAME_BY_UNION
        same[0] = True
        voters = order[same]
        box = np.average(boxes[voters], axis=0, weights=scores[voters])
        eyes = np.average(keypoints[voters, :2], axis=0, weights=scores[voters])
        faces.append(_face(float(scores[order[0]]), box, eyes, window))
        order = order[~same]
    return faces


def _overlap_by_union(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with (K, 4) others, given by centre and size."""
    low = np.maximum(box[:2] - box[2:] / 2, others[:, :2] - others[:, 2:] / 2)
    high = np.minimum(box[:2] + box[2:] / 2, others[:, :2] + others[:, 2:] / 2)
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    union = np.prod(box[2:]) + np.prod(others[:, 2:], axis=1) - common
    return np.asarray(common / union, np.float32)


def _face(
    score: float, box: NDArray[np.float32], eyes: NDArray[np.float32], window: Window
) -> Face:
    scale = window.side / SIDE
    x, y, width, height = (float(value) * scale for value in box)
    points = [(window.x + float(px) * scale, window.y + float(py) * scale) for px, py in eyes]
    left_eye, right_eye = sorted(points)
    corner = (window.x + x - width / 2, window.y + y - height / 2)
    return Face(Box(*corner, width, height), score, left_eye, right_eye)


def share_of_union(one: Box, other: Box) -> float:
    """The common area of two boxes as a share of their union, 0 to 1."""
    common = _common_area(one, other)
    return common and common / (one.area + other.area - common)


def share_of_smaller(one: Box, other: Box) -> float:
    """The common area of two boxes as a share of the smaller one, 0 to 1."""
    common = _common_area(one, other)
    return common and common / min(one.area, other.area)


def _common_area(one: Box, other: Box) -> float:
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(width, 0.0) * max(height, 0.0)


def mirrored(face: Face, window: Window) -> Face:
    """The face as it lies when the window is mirrored, left to right."""
    axis = 2 * window.x + window.side
    box = Box(axis - face.box.x - face.box.width, face.box.y, face.box.width, face.box.height)
    (left_x, left_y), (right_x, right_y) = face.left_eye, face.right_eye
    return Face(box, face.score, (axis - right_x, right_y), (axis - left_x, left_y))


def average(one: Face, other: Face) -> Face:
    """The face half-way between two sightings of it, in place, size, eyes and score."""
    first, second = (
        np.array([f.box.x, f.box.y, f.box.width, f.box.height, f.score, *f.left_eye, *f.right_eye])
        for f in (one, other)
    )
    x, y, width, height, score, *eyes = ((first + second) / 2).tolist()
    return Face(Box(x, y, width, height), score, (eyes[0], eyes[1]), (eyes[2], eyes[3]))


def distinct(faces: Sequence[Face]) -> list[Face]:
    """Keeps the surest of the faces that lie on each other or in each other, largest box first."""
    surest: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if _apart(face, surest):
            surest.append(face)
    return sorted(surest, key=lambda face: -face.box.area)


def _apart(face: Face, others: Sequence[Face]) -> bool:
    return all(share_of_smaller(face.box, other.box) < SAME_BY_SMALLER for other in others)
