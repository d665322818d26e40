"""How many streams there are at a time: bounded in all, and by client."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from faceveil.problems import Overloaded

PATIENCE_S = 5
"""Seconds after which to try again; nobody knows when a stream ends."""


class Places:
    """The places for streams. One client holds half of them at most."""

    def __init__(self, most: int) -> None:
        """Counts nobody yet."""
        self._most = most
        self._held: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """Streams that run."""
        return self._held.total()

    @contextmanager
    def take(self, client: str) -> Iterator[None]:
        """Holds a place for as long as a stream runs.

        Raises:
            Overloaded: if there is none.
        """
        if self.taken >= self._most:
            raise Overloaded(
                f"As many streams run as may here: {self._most}. Try again in {PATIENCE_S} s.",
                PATIENCE_S,
            )
        own = (self._most + 1) // 2
        if self._held[client] >= own:
            raise Overloaded(
                f"{own} streams run from here already. End one, or try again in {PATIENCE_S} s.",
                PATIENCE_S,
            )
        self._held[client] += 1
        try:
            yield
        finally:
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
