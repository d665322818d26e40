"""A portrait that can be moved: the picture, and the head that was fitted to it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.data.animated.creases import places_of
from training.data.animated.fit import Fit, fit_head
from training.data.animated.head import EYE, SKIN, Array, Head, is_white, normals
from training.data.animated.raster import rasterise

_LOWER_LIP = 17
"""Of MediaPipe's points."""
_WALL = 40
"""Cells to a side of the wall behind the head, which shows hair, neck and background."""
_RIM = (0.0, 0.4)
"""How much vertices at the rim of the head face the camera: the cosine of the angle between."""
_BEHIND = 0.4
"""Units by which the wall is behind the rim."""
_WITHIN = 3.0
"""The same behind the face, where it may be seen through an open mouth alone."""
_STEEP = 0.15
"""Skin on the sides of the head that faces the camera less than that is left to the wall."""
_FRONT = 0.8
"""The same cosine, of skin that shows a person's usual colour."""
_LIGHT = 0.8
"""Share of what is seen of the eyes' whites that lies in the shade of lids and lashes."""


@dataclass(frozen=True, slots=True)
class Wall:
    """What a portrait shows behind and beside the head.

    Attributes:
        vertices: float64, (W, 3), in the head's units.
        places: float64, (W, 2), where in the picture each is.
        triangles: int64, (T, 3), of the wall's own vertices.
        within: bool, (W,), what is behind the face: seen through an open mouth.
        rim: int64, (W, 12), the nearest vertices of the head's rim.
        share: float64, (W, 12), how much each of them counts; rows sum to 1.
    """

    vertices: Array
    places: Array
    triangles: NDArray[np.int64]
    within: NDArray[np.bool_]
    rim: NDArray[np.int64]
    share: Array


@dataclass(frozen=True)
class Portrait:
    """A person's picture with a head fitted to it.

    Attributes:
        picture: uint8, (h, w, 3), red, green, blue.
        head: the shapes.
        fit: of the head to the picture.
    """

    picture: NDArray[np.uint8]
    head: Head
    fit: Fit

    @cached_property
    def shape(self) -> Array:
        """The head's vertices as they are in the picture, not turned, (V, 3)."""
        return self.head.shaped(self.fit.identity, self.fit.expression)

    @cached_property
    def skin(self) -> Array:
        """Where in the picture the skin of each vertex is seen: columns and rows, (V, 2)."""
        return self.fit.camera.seen(self.shape)[:, :2]

    @cached_property
    def normals(self) -> Array:
        """Normals of the vertices as they are in the picture, not turned, (V, 3)."""
        return normals(self.shape, self.head.triangles)

    @cached_property
    def facing(self) -> Array:
        """How much each vertex faces the camera: the cosine of the angle between, (V,)."""
        return np.asarray(self.normals @ self.fit.camera.turn[2])

    @cached_property
    def aside(self) -> NDArray[np.bool_]:
        """Which vertices are on the sides of the head, far from the features, (V,)."""
        return np.asarray(self._away(self.head.vertices[:, :2]) > 0.75)

    def _away(self, places: Array) -> Array:
        """How far places, (P, 2), in the head at rest are from the middle of the features, (P,)."""
        features = self.head.vertices[self.head.points][:, :2]
        low, high = features.min(axis=0), features.max(axis=0)
        away: Array = np.linalg.norm((places - (low + high) / 2) / ((high - low) / 2), axis=1)
        return away

    @cached_property
    def triangles(self) -> NDArray[np.int64]:
        """Those of the head that are drawn: no skin that the picture shows too steeply."""
        steep = (self.facing < _STEEP) & self.aside
        skin = self.head.material == SKIN
        drawn = ~(skin & steep[self.head.triangles].any(axis=1))
        return np.asarray(self.head.triangles[drawn])

    @cached_property
    def wall(self) -> "Wall":
        """What is behind and beside the head, as deep as the nearest of its rim.

        So hair, ears and neck turn with the head, and nothing shows twice at its edge.
        """
        height, width = self.picture.shape[:2]
        x, y = np.meshgrid(np.linspace(-0.5, 1.5, _WALL + 1), np.linspace(-0.5, 1.5, _WALL + 1))
        places = np.stack([x.ravel() * width, y.ravel() * height], axis=1)
        camera = self.fit.camera
        rim = np.flatnonzero(
            self.aside & (self.facing > _RIM[0]) & (self.facing < _RIM[1]) & self._is_skin
        )
        at_rim = camera.seen(self.shape[rim]) / camera.scale
        distance, nearest = cKDTree(at_rim[:, :2]).query(places / camera.scale, 12)
        by = 1 / (distance + 0.5) ** 2
        by /= by.sum(axis=1, keepdims=True)
        flat = (places - camera.shift) / camera.scale * [1, -1]
        middle = self.head.vertices[self.head.points[_LOWER_LIP]]
        # An open mouth reaches below where the lower lip was, and never below the chin.
        below = (np.abs(flat[:, 0] - middle[0]) < 2.5) & (flat[:, 1] < middle[1])
        within = self._away(flat) < np.where(below, 0.95, 0.85)
        depth = (by * at_rim[nearest, 2]).sum(axis=1) - np.where(within, _WITHIN, _BEHIND)
        first = (np.arange(_WALL)[:, None] * (_WALL + 1) + np.arange(_WALL)).ravel()
        low = first + _WALL + 1
        triangles = np.concatenate(
            [np.stack([first, low, first + 1], 1), np.stack([first + 1, low, low + 1], 1)]
        )
        vertices = np.c_[flat, depth] @ camera.turn
        return Wall(vertices, places, triangles, within, rim[nearest], by)

    @cached_property
    def _is_skin(self) -> NDArray[np.bool_]:
        skin = np.zeros(len(self.shape), bool)
        skin[self.head.triangles[self.head.material == SKIN]] = True
        return skin

    @cached_property
    def creases(self) -> Array:
        """How much each side of each crease darkens each vertex at strength 1, (2 C, V)."""
        return places_of(self.head)

    @cached_property
    def iris(self) -> Array:
        """The colour of the irises: the darker part of what is seen at the eyes' middles, (3,)."""
        eyes = np.unique(self.head.triangles[self.head.material == EYE])
        front = eyes[self.shape[eyes, 2] > np.quantile(self.shape[eyes, 2], 0.9)]
        colours = at(self.picture, self.skin[front])
        dark = colours[colours.sum(axis=1) <= np.quantile(colours.sum(axis=1), 0.5)]
        return np.asarray(dark.mean(axis=0))

    @cached_property
    def white(self) -> Array:
        """The colour of the whites of the eyes: the lighter part of what is seen of them, (3,)."""
        colours = at(self.picture, self.skin[self.shown & is_white(self.head)])
        light = colours[colours.sum(axis=1) >= np.quantile(colours.sum(axis=1), _LIGHT)]
        return np.asarray(light.mean(axis=0))

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """Which vertices the picture shows: no others are in front of them, (V,)."""
        height, width = self.picture.shape[:2]
        seen = rasterise(self.fit.camera.seen(self.shape), self.head.triangles, (height, width))
        shown = np.zeros(len(self.shape), bool)
        shown[seen.corners] = True
        return shown

    @cached_property
    def brightness(self) -> Array:
        """The usual colour of the skin that faces the front, (3,): no hair, no neck in shade."""
        front = self._is_skin & ~self.aside & (self.facing > _FRONT)
        median: Array = np.median(at(self.picture, self.skin[front]), axis=0)
        return median


def portrait_of(picture: NDArray[np.uint8], head: Head, points: Array) -> Portrait:
    """Fits a head to a picture.

    Args:
        picture: uint8, (h, w, 3).
        head: the shapes.
        points: float64, (468 or more, 2), MediaPipe's points in pixels.
    """
    return Portrait(picture, head, fit_head(head, points))


def at(picture: NDArray[np.uint8], places: Array) -> Array:
    """What a picture shows between its pixels, float64, (P, C); outside, what its edge does.

    Args:
        picture: uint8, (h, w, C).
        places: float64, (P, 2), columns and rows; the first pixel's centre is at 0.
    """
    height, width = picture.shape[:2]
    x, y = places[:, 0].clip(0, width - 1.001), places[:, 1].clip(0, height - 1.001)
    column, row = x.astype(np.int64), y.astype(np.int64)
    right, down = (x - column)[:, None], (y - row)[:, None]
    flat = picture.reshape(-1, picture.shape[2])
    first = row * width + column
    upper = flat[first] * (1 - right) + flat[first + 1] * right
    lower = flat[first + width] * (1 - right) + flat[first + width + 1] * right
    seen: Array = upper * (1 - down) + lower * down
    return seen
