"""Warnings that would fill the log if each were written."""

import logging
import time
from collections.abc import Callable

PAUSE_S = 60.0
_REMEMBERED = 256


class Seldom:
    """Logs the same warning once a minute, and then how many were held back meanwhile."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._logged: dict[str, tuple[float, int]] = {}

    def warn(self, message: str, cause: str = "", **fields: object) -> None:
        """Logs a warning.

        Args:
            message: what happened.
            cause: its name; each cause of a message is counted by itself.
            fields: more of the record.
        """
        now = self._clock()
        same = f"{message}: {cause}"
        until, held_back = self._logged.get(same, (now, 0))
        if now < until:
            self._logged[same] = (until, held_back + 1)
            return
        if len(self._logged) >= _REMEMBERED:
            self._logged.clear()
        self._logged[same] = (now + PAUSE_S, 0)
        if cause:
            fields["cause"] = cause
        if held_back:
            fields["kept_back"] = held_back
        self._logger.warning(message, extra=fields)
