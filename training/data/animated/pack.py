"""python -m training.data.animated.pack ICT.npz OUTPUT.npz: makes the head file from ICT-FaceKit.

ICT-FaceKit (github.com/ICT-VGL/ICT-FaceKit, MIT) is 17 MB as half floats. The head file is a tenth
of it: only triangles that are seen in some pose or expression, the identity shapes that move a face
most, and shapes in 8 bits. Each of MediaPipe's points gets the vertex at which the face landmarker
sees it, in drawings of several heads.

ICT.npz holds `v` (V, 3), `f` (Q, 4), `mat` (Q,), `I` (identities, V, 3), `X` (expressions, V, 3)
and `exn` (names of the expressions) of the light head.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.animated.head import EYE, GUMS, SKIN, TEETH, Array, Head, eye_colours, normals
from training.data.animated.landmarks import POINTS, Landmarker
from training.data.animated.raster import Seen, rasterise

_MATERIALS = {
    "M_Face": SKIN,
    "M_Teeth": TEETH,
    "M_GumsTongue": GUMS,
    "M_ScleraLeft": EYE,
    "M_ScleraRight": EYE,
    "M_IrisLeft": EYE,
    "M_IrisRight": EYE,
}
_IDENTITIES = 60
_NECK = -13.0
"""Height below which the neck is left out, in the head's units, about 8 mm each."""

_SIZE = 640
_SCALE = _SIZE / 30
_DRAWINGS = 24
_LOOKS = 160


def pack(source: Path, seed: int = 0) -> Head:
    """The head of the file, without what is never seen."""
    with np.load(source) as file:
        vertices, quads, names = file["v"].astype(np.float64), file["f"], file["mat"]
        identities = file["I"][:_IDENTITIES].astype(np.float64)
        expressions = file["X"].astype(np.float64)
        expression_names = tuple(map(str, file["exn"]))
    kept = np.isin(names, list(_MATERIALS)) & (vertices[quads, 1].min(axis=1) > _NECK)
    material = np.array([_MATERIALS[name] for name in names[kept]] * 2)
    quads = quads[kept]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    whole = Head(
        vertices,
        triangles,
        material,
        identities,
        expressions,
        expression_names,
        np.zeros(POINTS, np.int64),
    )
    rng = np.random.default_rng(seed)
    seen = np.zeros(len(vertices), bool)
    for _ in range(_LOOKS):
        turned = _someone(whole, rng, 1.0) @ _turn(*rng.uniform(-0.7, 0.7, 2)).T
        seen[_drawn(whole, turned)[1].corners] = True
    seen[triangles[seen[triangles].any(axis=1)]] = True
    shown = seen[triangles].all(axis=1)
    used = np.unique(triangles[shown])
    new = np.full(len(vertices), -1)
    new[used] = np.arange(len(used))
    return Head(
        vertices[used],
        new[triangles[shown]],
        material[shown],
        identities[:, used],
        expressions[:, used],
        expression_names,
        new[_points(whole, seen, rng)],
    )


def _points(head: Head, usable: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """The vertex of each of MediaPipe's points: the nearest over the drawings of several heads."""
    away = np.zeros((POINTS, len(head.vertices)))
    with Landmarker() as landmarker:
        for number in range(_DRAWINGS):
            vertices = _someone(head, rng, 0.3) if number else head.vertices
            picture, seen = _drawn(head, vertices)
            found = landmarker.find(picture)
            if found is None:
                continue
            distance = np.linalg.norm(found[:POINTS, None] - _places(vertices)[:, :2], axis=2)
            hidden = np.ones(len(vertices), bool)
            hidden[seen.corners] = False
            distance[:, hidden] += 6
            away += distance.clip(max=40)
    away[:, ~usable] = np.inf
    return np.asarray(away.argmin(axis=1))


def _someone(head: Head, rng: np.random.Generator, strength: float) -> Array:
    acting = rng.random(len(head.expressions)) < 0.15
    return head.shaped(
        rng.standard_normal(len(head.identities)) * 0.8,
        strength * acting * rng.random(len(head.expressions)),
    )


def _turn(yaw: float, pitch: float) -> Array:
    c, s = np.cos(yaw), np.sin(yaw)
    d, t = np.cos(pitch), np.sin(pitch)
    return np.array([[c, 0, s], [t * s, d, -t * c], [-d * s, t, d * c]])


def _places(vertices: Array) -> Array:
    x, y, z = vertices.T
    return np.stack([_SIZE / 2 + x * _SCALE, _SIZE / 2 - (y + 1) * _SCALE, z], axis=1)


def _drawn(head: Head, vertices: Array) -> tuple[NDArray[np.uint8], Seen]:
    """A plain drawing, lit from above, and what is seen in it."""
    seen = rasterise(_places(vertices), head.triangles, (_SIZE, _SIZE))
    light = 0.3 + 0.7 * (normals(vertices, head.triangles) @ [0.2, 0.4, 0.87]).clip(0)
    colour = np.tile([210.0, 160.0, 135.0], (len(vertices), 1))
    for material, value in ((TEETH, (240, 240, 235)), (GUMS, (160, 70, 70))):
        colour[head.triangles[head.material == material]] = value
    eyes = np.unique(head.triangles[head.material == EYE])
    colour[eyes] = eye_colours(head, np.array([90.0, 60.0, 40.0]))[eyes]
    picture = np.full((_SIZE * _SIZE, 3), 120.0)
    picture[seen.pixels] = seen.between(colour * light[:, None])
    return picture.clip(0, 255).astype(np.uint8).reshape(_SIZE, _SIZE, 3), seen


if __name__ == "__main__":
    pack(Path(sys.argv[1])).save(Path(sys.argv[2]))
