"""The crops of a data set, with what is known of each; sets join."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from training.data.record import EMOTIONS, TRAITS
from training.data.report import Report, sum_of

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class CropSet:
    """The crops of one set, or of several joined.

    Attributes:
        crops: uint8, shape (N, H, W).
        emotion: int64, shape (N,), index into `EMOTIONS`, or UNKNOWN.
        subject: int64, shape (N,), number of the person, or UNKNOWN.
        source: int64, shape (N,), number of the set it came from.
        group: int64, shape (N,), from 0; rows of one number are near copies or of one subject's one
            session, and no fold may separate them. Each row alone where it is not given.
        report: what became of the pictures that the rows came from.
        likeness: float32, shape (N, L), what a face recogniser sees in each row; not a number where
            that is not known. Without columns where it is not given.
        votes: float32, shape (N, E), which share of the voters saw each emotion, a row's sum 1; not
            a number where nobody voted. Without columns where it is not given.
        ballots: float32, shape (N, B), which share of the voters gave each answer that they could,
            those that are no emotion here too; as `votes` where nobody voted or it is not given.
        moves: float32, shape (N, V), how the face in each row moves, see `training.data.moves`; not
            a number where that is not known. Without columns where it is not given.
        traits: what is stated of the person in each row, shape (N,) each, an empty word where it is
            not known; some of `TRAITS`.
    """

    crops: NDArray[np.uint8]
    emotion: NDArray[np.int64]
    subject: NDArray[np.int64]
    source: NDArray[np.int64]
    group: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    report: Report = field(default_factory=Report)
    likeness: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    votes: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    ballots: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    moves: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    traits: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Puts each row into a group of its own if no groups are given, and likens it to nobody.

        Raises:
            ValueError: if the arrays differ in length.
        """
        if not self.group.size:
            object.__setattr__(self, "group", np.arange(len(self.crops)))
        for wide in ("likeness", "votes", "ballots", "moves"):
            if not getattr(self, wide).size:
                object.__setattr__(self, wide, np.empty((len(self.crops), 0), np.float32))
        columns = (self.emotion, self.subject, self.source, self.group, *self.traits.values())
        if any(column.shape != (len(self.crops),) for column in columns) or any(
            len(wide) != len(self.crops)
            for wide in (self.likeness, self.votes, self.ballots, self.moves)
        ):
            raise ValueError("a crop set needs a label of each kind for each crop")

    def __len__(self) -> int:
        """N."""
        return len(self.crops)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Identifiers of the pictures left out: no readable face, or an exact copy."""
        return self.report.dropped

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "CropSet":
        """The chosen rows, their numbers unchanged."""
        return CropSet(
            self.crops[rows],
            self.emotion[rows],
            self.subject[rows],
            self.source[rows],
            self.group[rows],
            likeness=self.likeness[rows],
            votes=self.votes[rows],
            ballots=self.ballots[rows],
            moves=self.moves[rows],
            traits={trait: words[rows] for trait, words in self.traits.items()},
        )

    @property
    def moving(self) -> NDArray[np.bool_]:
        """Of which rows it is known how the face moves: (N,)."""
        if not self.moves.shape[1]:
            return np.zeros(len(self), np.bool_)
        return np.asarray(~np.isnan(self.moves).any(axis=1), np.bool_)

    @property
    def voted(self) -> NDArray[np.bool_]:
        """Which rows have votes, and not a label alone: (N,)."""
        if not self.votes.shape[1]:
            return np.zeros(len(self), np.bool_)
        unknown = np.isnan(self.votes).any(axis=1) | (self.emotion == UNKNOWN)
        return np.asarray(~unknown, np.bool_)

    def shares(self, classes: int, *, votes: bool = True) -> NDArray[np.float32]:
        """What voters saw in each row, or else the label, as a vote that all agreed on.

        Args:
            classes: how many emotions there are, E.
            votes: whether votes count, or labels alone.

        Returns:
            float32, (N, E); a row's sum is 1, or 0 where its emotion is UNKNOWN.
        """
        shares = np.zeros((len(self), classes), np.float32)
        labelled = self.emotion != UNKNOWN
        shares[labelled, self.emotion[labelled]] = 1.0
        if votes and self.voted.any():
            shares[self.voted] = self.votes[self.voted]
        return shares


def limited(part: CropSet, labels: Sequence[str]) -> CropSet:
    """The set with emotions as indices into fewer labels; a row of another emotion has none.

    The votes that are left of a row are its whole again.

    Args:
        part: with emotions as indices into `EMOTIONS`.
        labels: some of `EMOTIONS`.
    """
    index = {EMOTIONS.index(label): number for number, label in enumerate(labels)}
    emotion = np.array([index.get(code, UNKNOWN) for code in part.emotion.tolist()], np.int64)
    votes = part.votes
    if votes.shape[1]:
        votes = votes[:, list(index)]
        total = votes.sum(axis=1, keepdims=True)
        votes = np.divide(votes, total, out=np.full_like(votes, np.nan), where=total > 0)
    return replace(part, emotion=emotion, votes=votes)


def join(sets: Iterable[CropSet]) -> CropSet:
    """Joins sets; people and groups of different sets stay different."""
    parts = list(sets)
    people, groups = 0, 0
    subject, group = [], []
    for part in parts:
        subject.append(np.where(part.subject == UNKNOWN, UNKNOWN, part.subject + people))
        group.append(part.group + groups)
        people += int(part.subject.max(initial=UNKNOWN)) + 1
        groups += int(part.group.max(initial=-1)) + 1
    return CropSet(
        np.concatenate([part.crops for part in parts]),
        np.concatenate([part.emotion for part in parts]),
        np.concatenate(subject),
        np.concatenate([np.full(len(part), number) for number, part in enumerate(parts)]),
        np.concatenate(group),
        sum_of(part.report for part in parts),
        _joined([part.likeness for part in parts]),
        _joined([part.votes for part in parts]),
        _joined([part.ballots for part in parts]),
        _joined([part.moves for part in parts]),
        {
            trait: np.concatenate(
                [part.traits.get(trait, np.full(len(part), "")) for part in parts]
            )
            for trait in TRAITS
            if any(trait in part.traits for part in parts)
        },
    )


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Columns of several sets; not a number for those that have none."""
    width = max(part.shape[1] for part in parts)
    unknown = np.float32(np.nan)
    return np.concatenate(
        [
            part if part.shape[1] else np.full((len(part), width), unknown, np.float32)
            for part in parts
        ]
    )
