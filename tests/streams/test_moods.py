import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from faceveil.streams.moods import MEAN_S, MoodFilter

EXPECTED = np.full(3, 1 / 3)
SAYS = np.full((3, 3), 0.15) + 0.55 * np.eye(3)
"""What a frame says that is taken for each label."""


def flickering(truth: NDArray[np.int64], wrong: float, seed: int) -> NDArray[np.float64]:
    """Frames of which some say another label than the true one."""
    rng = np.random.default_rng(seed)
    other = (truth + rng.integers(1, 3, len(truth))) % 3
    return SAYS[np.where(rng.random(len(truth)) < wrong, other, truth)]


def changes(labels: list[int]) -> int:
    return int(np.count_nonzero(np.diff(labels)))


@pytest.mark.parametrize("rate", [5, 10, 25])
def test_flicker_falls_fivefold_and_a_new_mood_is_told_within_a_second(rate: int) -> None:
    raw, smooth, delays = 0, 0, []
    for seed in range(20):
        truth = np.repeat([0, 1, 0], 4 * rate)
        frames = flickering(truth, 0.2, seed)
        moods = MoodFilter(EXPECTED)
        told = [moods.see(says, at / rate).label for at, says in enumerate(frames)]
        raw += changes(frames.argmax(axis=1).tolist()) - 2
        smooth += changes(told) - 2
        delays.append((told.index(1, 4 * rate) - 4 * rate) / rate)
    assert raw >= 5 * max(smooth, 1)
    assert np.median(delays) <= 0.8


def test_where_errors_last_a_mood_flickers_less_than_half_as_often_as_a_mean() -> None:
    rate, flicker_of_mean, flicker = 25, 0, 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        truth = np.repeat([0, 1, 0, 2], 4 * rate)
        new = rng.random(len(truth)) < 0.2  # an error lasts five frames on average
        err = np.where(rng.random(len(truth)) < 0.3, rng.integers(1, 3, len(truth)), 0)
        since = np.maximum.accumulate(np.where(new, np.arange(len(truth)), 0))
        frames = SAYS[(truth + err[since]) % 3]
        moods, mean, means, told = MoodFilter(EXPECTED), frames[0], [], []
        for at, says in enumerate(frames):
            mean = mean + (1 - np.exp(-1 / (rate * MEAN_S))) * (says - mean)
            means.append(int(mean.argmax()))
            told.append(moods.see(says, at / rate).label)
        flicker_of_mean += changes(means) - 3
        flicker += changes(told) - 3
    assert flicker_of_mean > 2 * flicker


def test_the_onset_lies_before_the_frame_that_tells_it_and_near_the_truth() -> None:
    moods = MoodFilter(EXPECTED)
    told = [moods.see(SAYS[0 if at < 50 else 1], at / 25) for at in range(100)]
    [first] = [mood for mood in told[1:] if mood.began]
    at = told.index(first)
    assert first.label == 1
    assert first.onset == 2.0 < at / 25
    assert not any(mood.began for mood in told[at + 1 :])


def test_the_first_frame_is_taken_at_its_word() -> None:
    mood = MoodFilter(EXPECTED).see(SAYS[2], 7.0)
    assert (mood.label, mood.onset, mood.began) == (2, 7.0, True)
    assert mood.intensity == pytest.approx(0.7)


def test_intensity_rises_with_the_face() -> None:
    moods = MoodFilter(EXPECTED)
    smile = np.linspace(0.5, 0.95, 50)
    told = [
        moods.see(np.array([0.9 * (1 - now), now, 0.1 * (1 - now)]), at / 25)
        for at, now in enumerate(smile)
    ]
    strengths = [mood.intensity for mood in told]
    assert strengths == sorted(strengths)
    assert strengths[-1] > 0.8


@given(
    st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=30),
    st.floats(0, 5),
)
def test_whatever_frames_say_a_mood_stays_a_mood(
    said: list[tuple[float, float, float]], step: float
) -> None:
    moods, onset = MoodFilter(EXPECTED), 0.0
    for frame, each in enumerate(said):
        says = np.array(each) + 1e-9
        mood = moods.see(says / says.sum(), frame * step)
        assert 0 <= mood.label < 3
        assert 0 <= mood.intensity <= 1 + 1e-9
        assert onset <= mood.onset <= frame * step
        onset = mood.onset


@given(st.integers(0, 2), st.floats(0.01, 1.0))
def test_frames_that_agree_are_believed(label: int, step: float) -> None:
    moods = MoodFilter(EXPECTED)
    assert {moods.see(SAYS[label], step * frame).label for frame in range(20)} == {label}
