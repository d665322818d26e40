"""Whose head it is, and how it is held: the head's shapes fitted to the points of a portrait."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from training.data.animated.head import Array, Head

_MOVED = {
    *("browDown", "browInnerUp", "browOuterUp", "cheekRaiser", "eyeBlink", "eyeSquint", "eyeWide"),
    *("jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimple", "mouthFrown", "mouthLeft"),
    *("mouthLowerDown", "mouthPress", "mouthPucker", "mouthRight", "mouthRollLower"),
    *("mouthRollUpper", "mouthShrugLower", "mouthSmile", "mouthStretch", "mouthUpperUp"),
    "noseSneer",
}
"""The expressions that a portrait's person may have, without their sides."""

_ROUNDS = 5
_POINT = 0.12
"""Standard error of a point in the head's units."""
_STRENGTH = 0.25
"""Standard deviation of how strongly people in neutral portraits show an expression."""

_OUTLINE = [
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
]
_EYES = [
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
]
_LIPS = [
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
]


@dataclass(frozen=True, slots=True)
class Camera:
    """How a head is held, and where it is in a picture; from afar, so that depth shrinks nothing.

    Attributes:
        turn: float64, (3, 3), a rotation of the head.
        scale: pixels to a unit of the head.
        shift: float64, (2,), column and row at which the head's origin is seen.
    """

    turn: Array
    scale: float
    shift: Array

    @property
    def yaw(self) -> float:
        """Degrees by which the head is turned to the picture's right."""
        return float(np.degrees(np.arctan2(self.turn[0, 2], self.turn[2, 2])))

    def seen(self, vertices: Array) -> Array:
        """Columns, rows and nearness, all in pixels, float64, (V, 3)."""
        turned = vertices @ self.turn.T * self.scale
        return np.stack(
            [turned[:, 0] + self.shift[0], self.shift[1] - turned[:, 1], turned[:, 2]], axis=1
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """A head as it is in a picture.

    Attributes:
        identity: float64, (I,), standard deviations.
        expression: float64, (X,), 0 to 1: the person's own in this picture.
        camera: of this picture.
        eyes: their distance in pixels.
        error: median distance of the points, as a share of it.
    """

    identity: Array
    expression: Array
    camera: Camera
    eyes: float
    error: float


def fit_head(head: Head, found: Array) -> Fit:
    """Fits pose, person and expression in turn, by least squares with normal priors (ridge).

    Args:
        head: to fit.
        found: float64, (468 or more, 2), MediaPipe's points, columns and rows in pixels.
    """
    found = found[: len(head.points)]
    weight = np.ones(len(head.points))
    weight[_OUTLINE] = 0.3  # the outline slides over the head as it turns
    weight[_EYES + _LIPS] = 2.0
    moved = [
        number
        for number, name in enumerate(head.names)
        if name.removesuffix("_L").removesuffix("_R") in _MOVED
    ]
    shapes = np.concatenate([head.identities, head.expressions[moved]])[:, head.points]
    mean = head.vertices[head.points]
    people = len(head.identities)
    spread = np.concatenate([np.ones(people), np.full(len(moved), _STRENGTH)])
    lowest = np.concatenate([np.full(people, -3.0), np.zeros(len(moved))])
    highest = np.concatenate([np.full(people, 3.0), np.ones(len(moved))])
    values = np.zeros(len(shapes))
    for _ in range(_ROUNDS):
        shape = mean + np.tensordot(values, shapes, 1)
        camera = _camera(shape, found, weight)
        towards = camera.turn[:2]  # rows: right and up in the picture
        rows = np.einsum("ca,npa->pcn", towards, shapes).reshape(-1, len(shapes))
        there = (found - camera.shift) / camera.scale * [1, -1]
        wanted = (there - mean @ towards.T).reshape(-1)
        by = np.repeat(weight, 2) / _POINT
        system = np.concatenate([rows * by[:, None], np.diag(1 / spread)])
        # The same least squares in as many rows as there are values, which is faster to bound.
        basis, reduced = np.linalg.qr(system)
        target = np.concatenate([wanted * by, np.zeros(len(shapes))]) @ basis
        values = lsq_linear(reduced, target, (lowest, highest)).x
    shape = mean + np.tensordot(values, shapes, 1)
    camera = _camera(shape, found, weight)
    away = np.linalg.norm(camera.seen(shape)[:, :2] - found, axis=1)
    eyes = float(np.linalg.norm(found[_EYES[:16]].mean(axis=0) - found[_EYES[16:]].mean(axis=0)))
    expression = np.zeros(len(head.expressions))
    expression[moved] = values[people:]
    return Fit(values[:people], expression, camera, eyes, float(np.median(away) / eyes))


def _camera(shape: Array, found: Array, weight: Array) -> Camera:
    """The scaled rotation and shift that bring a shape nearest to points: (P, 3) to (P, 2)."""
    w = (weight / weight.sum())[:, None]
    shape_mean, found_mean = (w * shape).sum(axis=0), (w * found).sum(axis=0)
    across = (found - found_mean) * [1, -1]
    linear = np.linalg.lstsq(np.sqrt(w) * (shape - shape_mean), np.sqrt(w) * across, rcond=None)[
        0
    ].T
    u, size, v = np.linalg.svd(linear, full_matrices=False)
    rows = u @ v
    turn = np.stack([rows[0], rows[1], np.cross(rows[0], rows[1])])
    scale = float(size.mean())
    moved = scale * (turn @ shape_mean)[:2]
    return Camera(turn, scale, found_mean - moved * [1, -1])


def turned(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """A rotation, (3, 3), by degrees: to the picture's right, up, and counter-clockwise."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y)
