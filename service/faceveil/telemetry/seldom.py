"""What would fill the log if it were told each time."""

import logging
import time
from collections.abc import Callable

PAUSE_S = 60.0
_REMEMBERED = 256


class Seldom:
    """Tells the same thing once a minute, and then how often it was kept back."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._told: dict[str, tuple[float, int]] = {}

    def warn(self, message: str, cause: str = "", **told: object) -> None:
        """Logs a warning.

        Args:
            message: what happened.
            cause: its name; each cause of a message is told by itself.
            told: more fields of the record.
        """
        now = self._clock()
        same = f"{message}: {cause}"
        until, kept_back = self._told.get(same, (now, 0))
        if now < until:
            self._told[same] = (until, kept_back + 1)
            return
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        self._told[same] = (now + PAUSE_S, 0)
        if cause:
            told["cause"] = cause
        if kept_back:
            told["kept_back"] = kept_back
        self._logger.warning(message, extra=told)
