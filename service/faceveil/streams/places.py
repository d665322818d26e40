"""Which streams run: how many is bounded in all, and by client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from faceveil.problems import NotInstalled, Overloaded
from faceveil.streams.newest import Newest
from faceveil.streams.stream import Stream

PATIENCE_S = 5
"""Seconds after which to try again; nobody knows when a stream ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """A stream that runs.

    Attributes:
        client: whom to share fairly with.
        tenant: whose it is.
        actor: id of the key that opened it, or `anyone`.
        level: that frames are read at.
        since: when it was opened.
        frames: that came.
        stream: what was seen in them.
    """

    client: str
    tenant: str
    actor: str
    level: str
    since: datetime
    frames: Newest
    stream: Stream


class Places:
    """The places for streams. One client holds half of them at most."""

    def __init__(self, most: int) -> None:
        """Holds nobody yet."""
        self._most = most
        self._held: list[Running] = []

    @property
    def taken(self) -> int:
        """Streams that run."""
        return len(self._held)

    def of(self, tenant: str) -> list[Running]:
        """The streams of a tenant, oldest first."""
        return [running for running in self._held if running.tenant == tenant]

    @contextmanager
    def take(self, running: Running) -> Iterator[None]:
        """Holds a place for as long as a stream runs.

        Raises:
            Overloaded: if there is none.
            NotInstalled: if there never is.
        """
        if not self._most:
            raise NotInstalled("This server runs no streams: its operator chose so.")
        if self.taken >= self._most:
            raise Overloaded(
                f"As many streams run as may here: {self._most}. Try again in {PATIENCE_S} s.",
                PATIENCE_S,
            )
        own = (self._most + 1) // 2
        if sum(other.client == running.client for other in self._held) >= own:
            raise Overloaded(
                f"{own} streams run from here already. End one, or try again in {PATIENCE_S} s.",
                PATIENCE_S,
            )
        self._held.append(running)
        try:
            yield
        finally:
            self._held.remove(running)
