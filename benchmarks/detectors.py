"""The detectors that are measured side by side: ours, YuNet alone, and the one before both."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from faceveil.vision import yunet
from faceveil.vision.blazeface import MARGIN, SIDE, Network, look, look_closely
from faceveil.vision.detect import FaceDetector
from faceveil.vision.face import Face, GreyImage
from faceveil.vision.overlap import apart, distinct
from faceveil.vision.windows import Window, on_canvas, resized, view

Detect = Callable[[GreyImage, bool], list[Face]]
"""The faces in a picture; all of them, or just those that stand out."""

YUNET_SIDE, YUNET_SCORE = 1280, 0.6
"""Longest side at which YuNet looks once, and the score from which it has seen a face."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A detector by name."""

    name: str
    detect: Detect


def contenders(detector: FaceDetector) -> list[Contender]:
    """Ours first."""
    near, far = detector.networks
    return [
        Contender("ours", lambda picture, thorough: detector.detect(picture, thorough=thorough)),
        Contender("YuNet alone", lambda picture, _: _yunet_alone(picture, far)),
        Contender("before", lambda picture, thorough: _before(picture, near, thorough)),
    ]


def _yunet_alone(picture: GreyImage, network: yunet.Network) -> list[Face]:
    scale = min(1.0, YUNET_SIDE / max(picture.shape))
    small = resized(picture, *(round(length * scale) for length in picture.shape))
    canvas = on_canvas(small, yunet.STRIDES[-1])
    found = yunet.faces_of(network(canvas[np.newaxis]), YUNET_SCORE)
    return [face.moved(lambda at: (at[0] / scale, at[1] / scale), 1 / scale) for face in found]


def _before(picture: GreyImage, network: Network, thorough: bool) -> list[Face]:
    """BlazeFace alone, through windows from coarse to fine, as it was until YuNet came."""
    sure: list[Face] = []
    doubtful: list[Face] = []
    for windows in _windows_by_fineness(*picture.shape):
        seen = [look(view(picture, each, SIDE), each, network) for each in windows]
        proposed = distinct([face for faces in seen for face in faces])
        new = [face for face in proposed if apart(face.box, sure)][: 100 - len(sure)]
        again = [found for face in new if (found := _again(picture, face, network))]
        sure = distinct(sure + [face for face in again if face.score >= 0.75])
        if sure and not thorough:
            break
        if len(windows) == 1:
            doubtful += [face for face in again if face.score >= 0.65]
    return sure or distinct(doubtful)


def _again(picture: GreyImage, face: Face, network: Network) -> Face | None:
    window = Window.around(face.box.centre, MARGIN * max(face.box.width, face.box.height))
    return look_closely(view(picture, window, SIDE), window, network)


def _windows_by_fineness(height: int, width: int) -> Iterator[list[Window]]:
    """The picture; twice its size; tiles of a half and of a quarter of its longer side."""
    longer, centre = max(height, width), (width / 2, height / 2)
    yield [Window.around(centre, longer)]
    yield [Window.around(centre, 2 * longer)]
    for side in (longer / 2, longer / 4):
        if side >= 64:
            xs, ys = _tile_starts(width, side), _tile_starts(height, side)
            yield [Window(x, y, side) for y in ys for x in xs]


def _tile_starts(length: int, side: float) -> list[float]:
    if length <= side:
        return [(length - side) / 2]
    count = math.ceil((length - side) / (0.6 * side) - 1e-9) + 1
    return [float(start) for start in np.linspace(0, length - side, count)]
