"""Whose step is next: audits that are made side by side in one worker share its time evenly.

One step is made at a time: more at once would take the cores that requests are answered with, and
some of what steps call (Python's warnings, the settings of matplotlib) is one for all threads.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Turns:
    """Turns go to whoever has had the least time; who joins later has had as little as that one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._had: dict[str, float] = {}
        self._busy = False
        self._changed = threading.Condition()

    @contextmanager
    def taking_part(self, name: str) -> Iterator[None]:
        """Within it, this one takes turns, and others wait for it where it has had less.

        It is there for work that takes its next turn soon after its last.
        """
        with self._changed:
            self._had[name] = min(self._had.values(), default=0.0)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                del self._had[name]
                self._changed.notify_all()

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Waits for a turn, and has it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy and name == self._next())
            self._busy = True
        began = self._clock()
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._had[name] += self._clock() - began
                self._changed.notify_all()

    def _next(self) -> str:
        return min(self._had, key=lambda name: (self._had[name], name))
