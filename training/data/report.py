"""What became of a set's pictures on the way from its folder to the folds."""

from collections.abc import Iterable
from dataclasses import dataclass

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Copy:
    """A picture that was dropped, for its crop is pixel for pixel that of an earlier one.

    Attributes:
        identifier: of the dropped picture.
        of: identifier of the one that stayed.
        contradicts: whether their labels do: another emotion or another person is stated for it.
    """

    identifier: str
    of: str
    contradicts: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a set's pictures.

    Attributes:
        pictures: how many there were.
        without_face: identifiers of those dropped because they cannot be read or show no face.
        copies: those dropped as exact copies.
        merged: near copies, which stay, that no fold may separate: identifiers, a group each.
        in_sessions: how many of those that stay share a session with another one.
    """

    pictures: int = 0
    without_face: tuple[str, ...] = ()
    copies: tuple[Copy, ...] = ()
    merged: tuple[tuple[str, ...], ...] = ()
    in_sessions: int = 0

    @property
    def dropped(self) -> tuple[str, ...]:
        """Identifiers of all that were left out."""
        return self.without_face + tuple(copy.identifier for copy in self.copies)

    def in_words(self) -> str:
        """A sentence for each thing that happened, with the first few names."""
        said = [f"{self.pictures} pictures, {self.pictures - len(self.dropped)} kept."]
        if self.without_face:
            said.append(f"Dropped, no face found: {_listed(self.without_face)}.")
        for contradicts, why in ((False, "exact copy"), (True, "exact copy with another label")):
            names = [
                f"{c.identifier} = {c.of}" for c in self.copies if c.contradicts == contradicts
            ]
            if names:
                said.append(f"Dropped, {why}: {_listed(names)}.")
        if self.merged:
            groups = [" ~ ".join(group) for group in self.merged]
            said.append(f"Near copies that stay together: {_listed(groups)}.")
        if self.in_sessions:
            said.append(f"{self.in_sessions} stay together by session.")
        return " ".join(said)


def sum_of(reports: Iterable[Report]) -> Report:
    """The report of several sets joined."""
    parts = list(reports)
    return Report(
        sum(part.pictures for part in parts),
        tuple(name for part in parts for name in part.without_face),
        tuple(copy for part in parts for copy in part.copies),
        tuple(group for part in parts for group in part.merged),
        sum(part.in_sessions for part in parts),
    )


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = len(names) - _NAMED
    shown = ", ".join(names[:_NAMED])
    return f"{len(names)} ({shown}{f' and {more} more' if more > 0 else ''})"
