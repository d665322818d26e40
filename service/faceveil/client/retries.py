"""When a request is sent again, and after how long."""

import random
from dataclasses import dataclass

from faceveil.client.errors import FaceVeilError, UnexpectedAnswer, Unreachable
from faceveil.client.problems import Problem

_PASSING = frozenset({429, 502, 503, 504})
"""Statuses of a server, or of a proxy before it, that may answer in a moment."""


@dataclass(frozen=True, slots=True)
class Retries:
    """What is sent again: what the server was too busy for, and what broke on the way.

    Whatever writes carries an Idempotency-Key, so that nothing is done twice. What took longer
    than the timeout is not sent again: a server that is slow would have it twice.

    Attributes:
        most: tries after the first.
        longest_wait: seconds; where the server wants more, its refusal is raised at once.
    """

    most: int = 4
    longest_wait: float = 30.0

    def wait(self, tries: int, failure: FaceVeilError) -> float | None:
        """Seconds to wait after so many tries; None to give up.

        The seconds of Retry-After; without it twice as many each time, and up to half of them
        fewer, so that clients who failed together do not come back together.
        """
        told = None
        if isinstance(failure, Problem | UnexpectedAnswer):
            passing, told = failure.status in _PASSING, failure.retry_after
        else:
            passing = isinstance(failure, Unreachable)
        if not passing or tries > self.most:
            return None
        wait = told if told is not None else 0.25 * 2**tries * random.uniform(0.5, 1)  # noqa: S311
        return wait if wait <= self.longest_wait else None
