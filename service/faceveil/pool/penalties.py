"""Who sent what cost too much is slowed, before anybody else is."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

LEAST_S, MOST_S = 1.0, 60.0
FORGOTTEN_S = 600.0
MANY = 3
"""Strikes that no client comes by innocently; fewer do not spoil the rest of a batch."""

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class _Penalty:
    strikes: int
    until: float
    forgotten: float


class Penalties:
    """For how long a client's requests are refused.

    The first time for twice what its request took, then for twice as long each time, from a second
    up to a minute; ten minutes without another, and it is forgotten. Each picture that is read
    takes one time back: an app that passes on what its users send is not shut out by one of them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._of: OrderedDict[str, _Penalty] = OrderedDict()

    def strike(self, client: str, spent_s: float) -> None:
        """A request of this client cost too much, and so many seconds."""
        now = self._clock()
        known = self._of.pop(client, None)
        strikes = known.strikes if known and now < known.forgotten else 0
        seconds = min(MOST_S, max(LEAST_S, 2 * spent_s) * 2 ** min(strikes, 16))
        while len(self._of) >= _REMEMBERED:
            self._of.popitem(last=False)
        until = now + seconds
        self._of[client] = _Penalty(strikes + 1, until, until + FORGOTTEN_S)

    def ease(self, client: str) -> None:
        """A request of this client was worth its work."""
        known = self._of.get(client)
        if known is not None and known.strikes:
            self._of[client] = replace(known, strikes=known.strikes - 1)

    def wait_s(self, client: str) -> int:
        """0, or the whole seconds for which this client has to wait."""
        known = self._of.get(client)
        return 0 if known is None else max(0, math.ceil(known.until - self._clock()))

    def many(self, client: str) -> bool:
        """Whether this client, that has to wait, was struck more often than by mistake."""
        return self.wait_s(client) > 0 and self._of[client].strikes >= MANY
