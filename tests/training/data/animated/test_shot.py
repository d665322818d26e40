"""A plan of pictures: seeded, and clips that rise, hold and fall."""

from dataclasses import replace

import pytest

from training.data.animated.action_units import nod_of
from training.data.animated.shot import Plan, rise_and_fall, shots_of
from training.data.record import EMOTIONS


def test_more_takes_leave_the_first_ones_as_they_are() -> None:
    few, many = (list(shots_of("ada", 3, Plan(takes=takes))) for takes in (1, 3))
    assert {shot.image: shot for shot in many}.items() >= {s.image: s for s in few}.items()
    assert len(many) == 3 * len(few) == 3 * len(EMOTIONS)


def test_people_and_seeds_differ() -> None:
    plans = [(0, Plan(takes=1)), (1, Plan(takes=1)), (0, Plan(takes=1, seed=1))]
    takes = [[shot.take for shot in shots_of("ada", number, plan)] for number, plan in plans]
    assert takes[0] != takes[1] != takes[2] != takes[0]


def test_a_clip_begins_and_ends_neutral_and_is_one_session() -> None:
    shots = [s for s in shots_of("ada", 0, Plan(takes=2, frames=9)) if "/anger/" in s.image]
    assert [shot.session for shot in shots] == ["anger-00"] * 9 + ["anger-01"] * 9
    clip = shots[:9]
    assert clip[0].emotion == clip[-1].emotion == "neutral"
    assert clip[0].strength == clip[-1].strength == 0
    assert clip[4].emotion == "anger"
    assert len({replace(shot.take, pitch=0.0) for shot in clip}) == 1


def test_a_lowered_head_is_as_low_as_its_acting_says() -> None:
    seen = set()
    for shot in shots_of("ada", 0, Plan(takes=20)):
        if shot.emotion == "sadness":
            at_rest = shot.take.pitch - nod_of(shot.acting)
            assert (54 in shot.acting.left) == (shot.take.pitch < at_rest)
            seen.add(54 in shot.acting.left)
    assert seen == {False, True}


def test_bolder_shots_are_the_same_ones_acted_more_strongly() -> None:
    plain, bold = (list(shots_of("ada", 0, Plan(takes=1, boldness=b))) for b in (1.0, 1.5))
    for one, other in zip(plain, bold, strict=True):
        assert replace(one.take, pitch=0.0) == replace(other.take, pitch=0.0)
        assert other.acting.left == pytest.approx({u: 1.5 * s for u, s in one.acting.left.items()})


@pytest.mark.parametrize("frames", [2, 3, 12, 50])
def test_it_rises_holds_and_falls(frames: int) -> None:
    strengths = [rise_and_fall(frame, frames) for frame in range(frames)]
    assert strengths[0] == strengths[-1] == 0
    top = strengths.index(max(strengths))
    assert strengths[: top + 1] == sorted(strengths[: top + 1])
    assert strengths[top:] == sorted(strengths[top:], reverse=True)
    assert frames < 3 or max(strengths) == 1
