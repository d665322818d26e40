"""What every loader yields: one labelled picture, its labels as far as they are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from training.data.terms import Terms

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
"""The labels of the default model, in the order of its output."""

OTHER_EMOTIONS = ("contempt", "calm")
"""Labels that some sets have and the model has not. Such a picture stays, without an emotion: it
still shows a person, and calling it by the nearest label would teach a wrong one."""

DRAWN = "drawn"
"""What may be said in place of a data folder, and the name of the set that needs none."""

TRAITS = ("sex", "age", "origin")
"""What some sets state of people; a card tells how well emotions are read among those alike."""


class DataError(Exception):
    """A data set is not where it should be, or not laid out as its publisher does."""


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled picture.

    Attributes:
        identifier: unique within its set, as the file's name.
        read: gives the image file's bytes, the same at each call. It can be pickled, for it is
            called in other processes.
        emotion: one of `EMOTIONS`, or none where it is not known.
        subject: whose face it is, within its set; none where it is not known.
        session: on what occasion of the subject it was taken, as a sitting or a film clip; none
            where it is not known. Pictures of one subject's one session never part in folds.
        votes: how many voters saw each of `EMOTIONS`, in that order; none where nobody voted.
        ballot: how many voters gave each answer that they could, those that are none of `EMOTIONS`
            too, in an order of the set's own; none where nobody voted.
        moves: how the face moves, values in the order of `training.data.moves.MOVES`; none where
            nobody knows.
        traits: what the set states of the person, some of `TRAITS` to a word, as sex to female.
    """

    identifier: str
    read: Callable[[], bytes]
    emotion: str | None = None
    subject: str | None = None
    session: str | None = None
    votes: tuple[int, ...] | None = field(default=None, kw_only=True)
    ballot: tuple[int, ...] | None = field(default=None, kw_only=True)
    moves: tuple[float, ...] | None = field(default=None, kw_only=True)
    traits: Mapping[str, str] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, slots=True)
class SetInfo:
    """What a model card must say of a data set."""

    name: str
    terms: Terms
    citation: str


def decade(years: int) -> str:
    """The ten years that an age lies in, as 20 to 29: ages of people in a set are few each."""
    start = years // 10 * 10
    return f"{start} to {start + 9}"
