"""Roll, yaw and pitch of a head whose points are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.vision.face import Box, Face, Features
from faceveil.vision.pose import _HEAD, pose_of

angles = st.floats(-60, 60)


def seen(roll: float, yaw: float, pitch: float) -> Face:
    """The average head, turned up, then aside, then in the picture."""
    a, b, c = np.radians([yaw, pitch, roll])
    up = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    aside = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    flat = (aside @ up @ _HEAD.T)[:2]
    turned = np.array([[np.cos(c), -np.sin(c)], [np.sin(c), np.cos(c)]]) @ flat * 80 + 200
    left_eye, right_eye, *rest = ((float(x), float(y)) for x, y in turned.T)
    return Face(Box(0, 0, 1, 1), 0.9, left_eye, right_eye, Features(*rest))


@given(st.floats(-179, 179), angles)
def test_roll_and_yaw_come_back_exactly(roll: float, yaw: float) -> None:
    pose = pose_of(seen(roll, yaw, 0))

    assert pose.yaw is not None
    assert (pose.roll, pose.yaw) == pytest.approx((roll, yaw), abs=0.01)


@given(st.floats(-179, 179), angles)
def test_roll_and_pitch_come_back_exactly(roll: float, pitch: float) -> None:
    pose = pose_of(seen(roll, 0, pitch))

    assert pose.pitch is not None
    assert (pose.roll, pose.pitch) == pytest.approx((roll, pitch), abs=0.01)


def test_without_nose_and_mouth_roll_alone_is_known() -> None:
    pose = pose_of(Face(Box(0, 0, 9, 9), 0.9, (2, 2), (4, 4)))

    assert pose.roll == pytest.approx(45)
    assert (pose.yaw, pose.pitch) == (None, None)
