"""A portrait that shows nobody: the mean head, drawn, and where its points are."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.data.animated.fit import Camera, turned
from training.data.animated.head import EYE, Array, eye_colours, normals, shipped_head
from training.data.animated.portrait import Portrait, portrait_of
from training.data.animated.raster import rasterise

SIZE = 160
HEAD = shipped_head()


def expression(**strengths: float) -> Array:
    """The strengths of the head's expressions, on both sides where none is named."""
    found = np.zeros(len(HEAD.names))
    for name, strength in strengths.items():
        sides = [n for n in (name, f"{name}_L", f"{name}_R") if n in HEAD.names]
        found[[HEAD.names.index(side) for side in sides]] = strength
    return found


def drawn(
    yaw: float = 0.0, expression: Array | None = None, size: int = SIZE
) -> tuple[NDArray[np.uint8], Array]:
    """A picture, uint8, (size, size, 3), and MediaPipe's points in it, (468, 2)."""
    shape = HEAD.shaped(
        np.zeros(len(HEAD.identities)),
        np.zeros(len(HEAD.names)) if expression is None else expression,
    )
    camera = Camera(turned(yaw, 0, 0), size / 32, np.array([size / 2, size / 2]))
    points = camera.seen(shape)
    light = 0.5 + 0.5 * (normals(shape, HEAD.triangles) @ [0, 0.26, 0.97]).clip(0)
    colour = np.tile([200.0, 150.0, 130.0], (len(shape), 1))
    eyes = np.unique(HEAD.triangles[HEAD.material == EYE])
    colour[eyes] = eye_colours(HEAD, np.array([90.0, 60.0, 40.0]))[eyes]
    picture = np.full((size * size, 3), 120.0)
    seen = rasterise(points, HEAD.triangles, (size, size))
    picture[seen.pixels] = seen.between(colour * light[:, None])
    return picture.astype(np.uint8).reshape(size, size, 3), points[HEAD.points, :2]


def somebody() -> Portrait:
    """The drawn head as a portrait that can be moved."""
    picture, points = drawn()
    return portrait_of(picture, HEAD, points)


class KnowingLandmarker:
    """Stands in for MediaPipe: it knows the pictures, by their bytes."""

    def __init__(self, known: dict[bytes, Array]) -> None:
        self._known = known

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def find(self, picture: NDArray[np.uint8]) -> Array | None:
        return self._known.get(picture.tobytes())
