"""One picture of a moved portrait: how the face is held, lit and photographed."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from training.data.animated.creases import strengths_of
from training.data.animated.fit import Camera, turned
from training.data.animated.head import EYE, GUMS, TEETH, Array, eye_colours, normals
from training.data.animated.portrait import Portrait, at
from training.data.animated.raster import rasterise

_EYES_APART = 0.27
"""Distance of the eyes as a share of the picture's width."""

_FOLDS = 0.8
"""How much folds are made deeper: a head of 14,000 vertices has only the coarsest."""
_WIDE = 0.3
"""How wide the lamp is: the cosine beyond a right angle at which its light ends."""
_CREASE = 0.6
"""How much darker skin is where it is pressed together."""

_WHITE = 235.0
"""Grey level of white under the brightest light."""
_WHITER = 0.6
"""How far teeth lie from a person's usual colour towards white, whatever the skin."""
_TEETH, _GUMS = np.array([0.97, 0.95, 0.9]), np.array([0.6, 0.4, 0.38])
"""The teeth's colour as shares of that white, the gums' as shares of skin."""
_THROAT = np.array([0.15, 0.08, 0.08])
"""The same of the throat, as shares of skin."""
_SKIN = -1.0
"""Stands for the colour of what the portrait itself shows."""
_DEEP = 5.0
"""Units behind the lips at which little light is left in the mouth."""


@dataclass(frozen=True, slots=True)
class Take:
    """How a picture is taken.

    Attributes:
        yaw: degrees to the picture's right.
        pitch: degrees up.
        roll: degrees counter-clockwise.
        light: where the light comes from: to the right and up, in degrees from the front.
        ambient: share of the light that comes from everywhere, 0 to 1.
        gain: how bright the picture is.
        gamma: its contrast; 1 leaves it.
        blur: radius in pixels.
        noise: grey levels, standard deviation.
        quality: of the JPEG file, 1 to 95.
        zoom: how large the face is, about 1.
        off: columns and rows by which it is off the middle, as shares of the width.
        mirrored: whether left and right are swapped.
        own: how much of the person's own expression stays, 0 to 1.
        creased: how deep creases are, 0 in a child's smooth skin, 1 and more in old skin.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    light: tuple[float, float] = (0.0, 15.0)
    ambient: float = 0.6
    gain: float = 1.0
    gamma: float = 1.0
    blur: float = 0.0
    noise: float = 0.0
    quality: int = 92
    zoom: float = 1.0
    off: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False
    own: float = 0.4
    creased: float = 0.7


def draw_take(rng: np.random.Generator) -> Take:
    """Draws a pose, a light and a camera."""
    return Take(
        yaw=float(rng.normal(0, 14)),
        pitch=float(rng.normal(-2, 9)),
        roll=float(rng.normal(0, 4)),
        light=(float(rng.normal(0, 35)), float(rng.normal(15, 18))),
        ambient=float(rng.uniform(0.35, 0.85)),
        gain=float(rng.uniform(0.7, 1.15)),
        gamma=float(np.exp(rng.normal(0, 0.15))),
        blur=float(max(0.0, rng.normal(0.3, 0.5))),
        noise=float(rng.uniform(0, 5)),
        quality=int(rng.integers(40, 95)),
        zoom=float(rng.uniform(0.85, 1.15)),
        off=(float(rng.normal(0, 0.03)), float(rng.normal(0, 0.03))),
        mirrored=bool(rng.random() < 0.5),
        own=float(rng.uniform(0.3, 1.0)),
        creased=float(rng.uniform(0.1, 1.3)),
    )


def photograph(
    portrait: Portrait, expression: Array, take: Take, size: int, rng: np.random.Generator
) -> bytes:
    """A moved portrait as a JPEG file.

    Args:
        portrait: who it is.
        expression: float64, (X,), strengths that are added to what stays of the person's own.
        take: how the picture is taken.
        size: pixels, width and height.
        rng: for the noise.
    """
    picture = (
        255 * (show(portrait, expression, take, size) / 255).clip(0, 1) ** take.gamma * take.gain
    )
    if take.mirrored:
        picture = picture[:, ::-1]
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    if take.blur > 0.2:
        image = image.filter(ImageFilter.GaussianBlur(take.blur))
    noisy = np.asarray(image) + rng.normal(0, take.noise, (size, size, 1))
    file = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=take.quality)
    return file.getvalue()


def show(portrait: Portrait, expression: Array, take: Take, size: int) -> Array:
    """What is seen, before the camera changes it: float64, (size, size, 3), 0 to 255 and more."""
    head, fit = portrait.head, portrait.fit
    shape = head.shaped(fit.identity, take.own * fit.expression + expression)
    camera = _camera(portrait, take, size)
    wall = portrait.wall
    points = np.concatenate([camera.seen(shape), camera.seen(wall.vertices)])
    triangles = np.concatenate([portrait.triangles, wall.triangles + len(shape)])
    seen = rasterise(points, triangles, (size, size))
    places = seen.between(np.concatenate([portrait.skin, wall.places]))
    relit = _relit(portrait, shape, camera, take) * _creased(portrait, expression, take)
    behind = (relit[wall.rim] * wall.share).sum(axis=1)
    light = seen.between(np.concatenate([relit, behind]))
    throat = np.where(wall.within[:, None], portrait.brightness.mean() * _THROAT, _SKIN)
    inner = np.concatenate([_inner(portrait, shape), throat])
    made = (inner[seen.corners, 0] != _SKIN).all(axis=1)
    colours = at(portrait.picture, places)
    colours[made] = seen.between(inner)[made]
    picture = np.zeros((size * size, 3))
    picture[seen.pixels] = colours * light[:, None]
    return picture.reshape(size, size, 3)


def _camera(portrait: Portrait, take: Take, size: int) -> Camera:
    head = portrait.head
    eyes = np.unique(head.triangles[head.material == EYE])
    left = portrait.shape[eyes[head.vertices[eyes, 0] > 0]].mean(axis=0)
    right = portrait.shape[eyes[head.vertices[eyes, 0] < 0]].mean(axis=0)
    scale = size * _EYES_APART * take.zoom / float(np.linalg.norm(left - right))
    turn = turned(take.yaw, take.pitch, take.roll)
    # The middle of the face, a little below the eyes, is in the middle of the picture.
    middle = turn @ ((left + right) / 2 - [0, 2.0, 0]) * scale
    shift = size / 2 + size * np.array(take.off) - middle[:2] * [1, -1]
    return Camera(turn, scale, shift)


def _relit(portrait: Portrait, shape: Array, camera: Camera, take: Take) -> Array:
    """Of each vertex: how much lighter it is than in the portrait."""
    head = portrait.head
    before, after = portrait.normals, normals(shape, head.triangles)
    folded = after + _FOLDS * (after - before)
    folded /= np.linalg.norm(folded, axis=1, keepdims=True)
    x, y = np.radians(take.light)
    light = np.array([np.sin(x) * np.cos(y), np.sin(y), np.cos(x) * np.cos(y)])
    new = take.ambient + (1 - take.ambient) * _lambert(folded @ camera.turn.T @ light)
    own = portrait.fit.camera.turn
    old = 0.6 + 0.4 * _lambert(before @ own.T @ [0, 0.26, 0.97])
    pressed = 1 - (_area(shape, portrait) / _area(portrait.shape, portrait)).clip(0.4, 1.0)
    return (new / old).clip(0.2, 2.0) * (1 - _CREASE * pressed)


def _creased(portrait: Portrait, expression: Array, take: Take) -> Array:
    """Of each vertex: how light its creases leave it, (V,)."""
    deep = take.creased * strengths_of(portrait.head, expression)
    lit: Array = (1 - portrait.creases * deep[:, None]).clip(0).prod(axis=0)
    return lit


def _lambert(facing: Array) -> Array:
    """Light of a wide lamp, which reaches a little around: 0 to 1 of cosines."""
    return ((facing + _WIDE) / (1 + _WIDE)).clip(0)


def _area(shape: Array, portrait: Portrait) -> Array:
    """Of each vertex: the area of the triangles around it."""
    triangles = portrait.head.triangles
    a, b, c = (shape[triangles[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    total = sum(np.bincount(triangles[:, k], area, minlength=len(shape)) for k in range(3))
    return np.asarray(total) + 1e-9


def _inner(portrait: Portrait, shape: Array) -> Array:
    """Colours of what the portrait does not show, as teeth, (V, 3); else `_SKIN`."""
    head = portrait.head
    colours = np.full((len(shape), 3), _SKIN)
    skin = float(portrait.brightness.mean())
    white = skin + _WHITER * (_WHITE - skin)
    eyes = np.unique(head.triangles[head.material == EYE])
    hidden = eyes[~portrait.shown[eyes]]
    colours[hidden] = eye_colours(head, portrait.iris, portrait.white)[hidden]
    lips = shape[head.points[[0, 17]], 2].mean()
    for material, colour in ((TEETH, white * _TEETH), (GUMS, skin * _GUMS)):
        those = np.unique(head.triangles[head.material == material])
        depth = (lips - shape[those, 2] - 0.8).clip(0)
        colours[those] = colour * np.exp(-depth / _DEEP)[:, None]
    return colours
