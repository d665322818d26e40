"""What every loader yields: one labelled picture, its labels as far as they are known."""

from collections.abc import Callable
from dataclasses import dataclass

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
"""The labels of the default model, in the order of its output."""


class DataError(Exception):
    """A data set is not where it should be, or not laid out as its publisher does."""


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled picture.

    Attributes:
        identifier: unique within its set, as the file's name.
        read: gives the image file's bytes; called once, when the crop is made.
        emotion: one of `EMOTIONS`, or none where it is not told.
        subject: whose face it is, within its set; none where it is not told.
    """

    identifier: str
    read: Callable[[], bytes]
    emotion: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class SetInfo:
    """What a model card must say of a data set."""

    name: str
    terms: str
    citation: str
