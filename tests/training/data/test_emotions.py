"""Emotions are understood by the words that people use."""

import pytest

from training.data.emotions import ALIASES, emotion_of, is_emotion, label_of
from training.data.record import EMOTIONS, OTHER_EMOTIONS, DataError


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("happy", "happiness"),
        ("joy", "happiness"),
        ("sad", "sadness"),
        ("angry", "anger"),
        ("surprised", "surprise"),
        ("disgusted", "disgust"),
        ("afraid", "fear"),
        ("Fearful", "fear"),
        ("SCARED ", "fear"),
        ("Neutral", "neutral"),
        ("calm", None),
        ("contempt", None),
    ],
)
def test_other_words_for_the_same_are_understood(word: str, meant: str | None) -> None:
    assert is_emotion(word)
    assert emotion_of(word) == meant


def test_another_word_means_a_known_emotion() -> None:
    assert set(ALIASES.values()) <= set(EMOTIONS + OTHER_EMOTIONS)
    assert not ALIASES.keys() & set(EMOTIONS + OTHER_EMOTIONS)


@pytest.mark.parametrize(("slip", "near"), [("hapy", "happy"), ("sadnes", "sadness")])
def test_a_slip_is_refused_with_what_may_be_meant(slip: str, near: str) -> None:
    assert not is_emotion(slip)
    with pytest.raises(
        DataError, match=f"'{slip}' .* is '{near}' meant.* Known: neutral, .*scared"
    ):
        emotion_of(slip)


def test_a_word_that_is_near_to_none_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(DataError, match=r"'xyz' is no emotion that is known\. Known: neutral"):
        emotion_of("xyz")


def test_what_a_filter_is_to_read_is_one_of_its_labels() -> None:
    assert label_of("happy") == "happiness"
    with pytest.raises(DataError, match="'calm' is no emotion to read"):
        label_of("calm")
