"""A head with known shapes of people and expressions: ICT-FaceKit's, made smaller by `pack`.

Li, Bladin, Zhao, Chinara, Ingraham, Xiang, Ren, Prasad, Kishore, Xing, Li 2020, Learning Formation
of Physically-Based Face Attributes. Its licence (MIT) lies beside it.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HEAD_FILE = Path(__file__).with_name("head.npz")

SKIN, TEETH, GUMS, EYE = range(4)
"""Materials of triangles."""

_IRIS, _PUPIL = 27.0, 11.0
"""Degrees from the middle of the eyeball's front. They are coloured, for the cornea covers them."""

_BLACK = 18.0


@dataclass(frozen=True, slots=True)
class Head:
    """A mesh and what may be added to it.

    Attributes:
        vertices: float64, (V, 3), of the mean person at rest: x to the person's left, y up, z to
            the front, in units of about 8 mm.
        triangles: int64, (T, 3), counter-clockwise from outside.
        material: int64, (T,).
        identities: float64, (I, V, 3), standard deviations of people.
        expressions: float64, (X, V, 3), each at its full strength, 1.
        names: of the expressions; those of one side end in `_L` or `_R`, the person's own.
        points: int64, (468,), the vertices at MediaPipe's points.
    """

    vertices: Array
    triangles: NDArray[np.int64]
    material: NDArray[np.int64]
    identities: Array
    expressions: Array
    names: tuple[str, ...]
    points: NDArray[np.int64]

    def shaped(self, identity: Array, expression: Array) -> Array:
        """The vertices of a person with an expression, float64, (V, 3).

        Args:
            identity: float64, (I,), standard deviations.
            expression: float64, (X,), strengths.
        """
        return (
            self.vertices
            + np.tensordot(identity, self.identities, 1)
            + np.tensordot(expression, self.expressions, 1)
        )

    def save(self, file: Path) -> None:
        """Writes it, its shapes in 8 bits each of their own scale."""
        np.savez_compressed(
            file,
            vertices=self.vertices.astype(np.float32),
            triangles=self.triangles.astype(np.uint16),
            material=self.material.astype(np.uint8),
            names=np.array(self.names),
            points=self.points.astype(np.uint16),
            **_in_bytes("identities", self.identities),
            **_in_bytes("expressions", self.expressions),
            allow_pickle=False,
        )

    @classmethod
    def load(cls, file: Path = HEAD_FILE) -> Self:
        """Reads what `save` wrote."""
        with np.load(file) as stored:
            return cls(
                stored["vertices"].astype(np.float64),
                stored["triangles"].astype(np.int64),
                stored["material"].astype(np.int64),
                _of_bytes(stored["identities"], stored["identities_scale"]),
                _of_bytes(stored["expressions"], stored["expressions_scale"]),
                tuple(map(str, stored["names"])),
                stored["points"].astype(np.int64),
            )


@cache
def shipped_head() -> Head:
    """The head that comes with the code, read once."""
    return Head.load()


def normals(vertices: Array, triangles: NDArray[np.int64]) -> Array:
    """Unit normals of the vertices, float64, (V, 3), from the triangles around by their size."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    of_triangles = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for axis in range(3):
        for corner in range(3):
            total[:, axis] += np.bincount(
                triangles[:, corner], of_triangles[:, axis], minlength=len(vertices)
            )
    unit: Array = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return unit


WHITE = np.full(3, 232.0)
"""Of eyes about which nothing is known."""


def eye_colours(head: Head, iris: Array, white: Array = WHITE) -> Array:
    """Colours of all vertices, of which those of the eyeballs count, float64, (V, 3), 0 to 255.

    They move with the eyeball: its vertices are coloured by their angle from its front.

    Args:
        head: whose eyes they are.
        iris: float64, (3,).
        white: float64, (3,), of the rest of the eyeball.
    """
    colours = np.broadcast_to(white, (len(head.vertices), 3)).copy()
    angle = from_the_front(head)
    colours[angle < _IRIS] = iris
    colours[angle < _PUPIL] = _BLACK
    return colours


def is_white(head: Head) -> NDArray[np.bool_]:
    """Which vertices are of the whites of the eyes, (V,)."""
    angle = from_the_front(head)
    return np.asarray((angle > _IRIS) & np.isfinite(angle))


def from_the_front(head: Head) -> Array:
    """Degrees from the front of its eyeball, float64, (V,); infinite for other vertices."""
    eyes = np.unique(head.triangles[head.material == EYE])
    degrees = np.full(len(head.vertices), np.inf)
    for side in (-1, 1):
        eye = eyes[head.vertices[eyes, 0] * side > 0]
        rest = head.vertices[eye]
        # The sphere through them, |rest|^2 = 2 rest . middle + r^2 - |middle|^2, by least squares.
        sphere = np.linalg.lstsq(
            np.c_[2 * rest, np.ones(len(rest))], (rest**2).sum(axis=1), rcond=None
        )[0]
        out = rest - sphere[:3]
        towards = (out[:, 2] / np.linalg.norm(out, axis=1)).clip(-1, 1)
        degrees[eye] = np.degrees(np.arccos(towards))
    return degrees


def _in_bytes(name: str, shapes: Array) -> dict[str, Any]:
    scale = np.abs(shapes).max(axis=(1, 2)) / 127
    return {
        name: np.rint(shapes / scale[:, None, None]).astype(np.int8),
        f"{name}_scale": scale.astype(np.float32),
    }


def _of_bytes(shapes: NDArray[np.int8], scale: NDArray[np.float32]) -> Array:
    return np.asarray(shapes * scale[:, None, None].astype(np.float64))
