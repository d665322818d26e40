"""How many clips are read at a time: bounded in all, and by client."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from faceveil.problems import NotInstalled, Overloaded

PATIENCE_S = 5
"""Seconds after which to try again; nobody knows when one ends."""


class ClipPlaces:
    """The places for clips. One client holds half of them at most."""

    def __init__(self, most: int) -> None:
        """Counts nobody yet."""
        self._most = most
        self._held: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """Places that are held."""
        return self._held.total()

    def check(self, client: str) -> None:
        """Says whether there is a place for this client now.

        Raises:
            Overloaded: if there is none.
            NotInstalled: if there never is.
        """
        if not self._most:
            raise NotInstalled(
                "This server reads no clips that are sent whole: its operator chose so."
            )
        if self.taken >= self._most:
            raise Overloaded(
                f"As many clips are read as may be: {self._most}. Try again in {PATIENCE_S} s.",
                PATIENCE_S,
            )
        own = (self._most + 1) // 2
        if self._held[client] >= own:
            raise Overloaded(
                f"{own} clips are read from here already. Try again in {PATIENCE_S} s.",
                PATIENCE_S,
            )

    @contextmanager
    def take(self, client: str) -> Iterator[None]:
        """Holds a place for as long as a clip is read; raises as `check` does."""
        self.check(client)
        self._held[client] += 1
        try:
            yield
        finally:
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
