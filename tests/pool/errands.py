"""Work for processes that share it."""

import threading

LOCK = threading.Lock()
_kept: list[int] = []


def under_the_lock(number: int) -> int:
    """Its square."""
    with LOCK:
        return number**2


def keep(number: int) -> None:
    """Prepares a process."""
    _kept.append(number)


def kept(_: int) -> int:
    """What the process was prepared with, once."""
    (number,) = _kept
    return number
