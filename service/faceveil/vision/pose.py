"""Which way a head is turned, as far as five points of its face tell.

The points are compared with those of an average head, seen from far away: scaled orthography, as in
DeMenthon and Davis, "Model-based object pose in 25 lines of code", IJCV 15, 123-141 (1995), its
first step. Depths are the ICT-FaceKit head's (USC Institute for Creative Technologies, MIT), where
the other two coordinates are YuNet's own on faces that look straight ahead.
"""

import math
from dataclasses import dataclass

import numpy as np

from faceveil.vision.face import Face

_HEAD = np.array(
    [
        [-0.5, 0.0, 0.0],
        [0.5, 0.0, 0.0],
        [0.0, 0.53, 0.59],
        [-0.41, 0.98, 0.15],
        [0.41, 0.98, 0.15],
    ]
)
"""Eyes, nose and mouth's corners: x to the right, y down, z to the camera, in eye distances."""

_CENTRED = _HEAD - _HEAD.mean(axis=0)
_SOLVE = np.linalg.pinv(_CENTRED)


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees.

    Attributes:
        roll: clockwise, -180 to 180; 0 is upright, 90 lies on the picture's right.
        yaw: to the picture's right, -90 to 90; none where nose and mouth were not seen.
        pitch: up, -90 to 90; none there too.
    """

    roll: float
    yaw: float | None
    pitch: float | None


def pose_of(face: Face) -> Pose:
    """The pose; yaw and pitch to about 10 degrees, for a nose may be longer or shorter."""
    if face.features is None:
        return Pose(face.roll, None, None)
    turn = math.radians(face.roll)
    upright = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    parts = face.features
    seen = np.array(
        [face.left_eye, face.right_eye, parts.nose, parts.left_mouth, parts.right_mouth]
    )
    across, down = (_SOLVE @ ((seen - seen.mean(axis=0)) @ upright.T)).T
    yaw = math.degrees(math.atan2(across[2], abs(across[0])))
    pitch = math.degrees(math.atan2(-down[2], abs(down[1])))
    return Pose(face.roll, yaw, pitch)
