"""Where a face will be: it moves on as it moved, as far as what was seen of it lets us know."""

import numpy as np
from numpy.typing import NDArray

from faceveil.vision.face import Box

_SEEN = 0.05
"""How far off a box is, in its own sizes: standard deviation."""

_SPEED, _PUSH = 2.0, 6.0
"""Of a face, in its own sizes: speed a second when it is first seen, and the push, a second and a
second, that may change it. Standard deviations."""


class Motion:
    """A Kalman filter of constant velocity, one for the middle, the width and the height of a box.

    Kalman, "A new approach to linear filtering and prediction problems", J. Basic Eng. 82 (1960),
    used as by Bewley, Ge, Ott, Ramos, Upcroft 2016, "Simple online and realtime tracking". All four
    values are as uncertain as each other, so they share one covariance of place and speed.
    """

    def __init__(self, box: Box, at: float) -> None:
        """Begins where a face was seen at a time, in seconds."""
        self._state = np.array([_values(box), np.zeros(4)])  # place and speed, (2, 4)
        self._at = at
        size = max(box.width, box.height, 1.0)
        self._covariance = np.diag([(_SEEN * size) ** 2, (_SPEED * size) ** 2])

    def ahead(self, at: float) -> Box:
        """The box at a later time."""
        x, y, width, height = self._state[0] + (at - self._at) * self._state[1]
        width, height = max(width, 1.0), max(height, 1.0)
        return Box(x - width / 2, y - height / 2, width, height)

    def saw(self, box: Box, at: float) -> None:
        """Takes in where the face was seen at a later time."""
        elapsed = at - self._at
        size = max(box.width, box.height, 1.0)
        step = np.array([[1.0, elapsed], [0.0, 1.0]])
        pushed = np.array([elapsed**2 / 2, elapsed]) * _PUSH * size
        self._state = step @ self._state
        covariance = step @ self._covariance @ step.T + np.outer(pushed, pushed)
        gain = covariance[:, 0] / (covariance[0, 0] + (_SEEN * size) ** 2)
        self._state = self._state + np.outer(gain, _values(box) - self._state[0])
        self._covariance = covariance - np.outer(gain, covariance[0])
        self._at = at


def _values(box: Box) -> NDArray[np.float64]:
    return np.array([*box.centre, box.width, box.height])
