"""The words that people call emotions by, in their folders and tables."""

from difflib import get_close_matches

from training.data.record import EMOTIONS, OTHER_EMOTIONS, DataError

ALIASES = {
    "happy": "happiness",
    "joy": "happiness",
    "joyful": "happiness",
    "surprised": "surprise",
    "sad": "sadness",
    "angry": "anger",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "contemptuous": "contempt",
}
"""Other words for the same; none that could mean two, as upset or smiling."""

_MEANT = {word: word for word in EMOTIONS + OTHER_EMOTIONS} | ALIASES


def is_emotion(word: str) -> bool:
    """Whether a word is known, in either case."""
    return word.strip().lower() in _MEANT


def emotion_of(word: str) -> str | None:
    """What a word means, in either case.

    Returns:
        One of `EMOTIONS`; none for one of `OTHER_EMOTIONS`.

    Raises:
        DataError: if it is not known: it may be a slip for one that is.
    """
    known = word.strip().lower()
    if known not in _MEANT:
        near = get_close_matches(known, _MEANT, n=1)
        raise DataError(
            f"{word!r} is no emotion that is known"
            + (f"; is {near[0]!r} meant? " if near else ". ")
            + f"Known: {', '.join(EMOTIONS + OTHER_EMOTIONS)}; and {', '.join(ALIASES)}."
        )
    meant = _MEANT[known]
    return meant if meant in EMOTIONS else None


def label_of(word: str) -> str:
    """The one of `EMOTIONS` that a word means.

    Raises:
        DataError: if it means none of them.
    """
    meant = emotion_of(word)
    if meant is None:
        raise DataError(f"{word!r} is no emotion to read. Known: {', '.join(EMOTIONS)}.")
    return meant
