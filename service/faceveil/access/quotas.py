"""How much a key may get: a bucket that fills up steadily, and that may be overdrawn once."""

import math
import time
from collections.abc import Callable


class Quotas:
    """Token buckets, one a key, each as large as a minute's worth; in this process only.

    A token is a released embedding. How many a request takes is known when it is answered: it takes
    one as it comes, and the others then, into debt where there are too few. The next request waits
    until the debt is paid, so that a rate holds on average whatever is asked at a time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, key: str, per_minute: int) -> int:
        """Takes one out of a key's bucket.

        Returns:
            0, or where there is none in it, the whole seconds until there is.
        """
        wait = self.short_s(key, per_minute)
        if not wait:
            self.charge(key, per_minute, 1)
        return wait

    def short_s(self, key: str, per_minute: int) -> int:
        """The whole seconds until there is one in a key's bucket, and 0 if there is; takes none."""
        left = self._left(key, per_minute)
        return 0 if left >= 1 else max(1, math.ceil((1 - left) * 60 / per_minute))

    def charge(self, key: str, per_minute: int, embeddings: int) -> None:
        """Takes so many out of a key's bucket, whether or not they are in it."""
        left = self._left(key, per_minute)
        self._buckets[key] = (left - embeddings, self._clock())

    def _left(self, key: str, per_minute: int) -> float:
        now = self._clock()
        left, since = self._buckets.get(key, (float(per_minute), now))
        return min(per_minute, left + (now - since) * per_minute / 60)
