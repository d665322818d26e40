"""How often a key may ask: a bucket of requests that fills up steadily."""

import math
import time
from collections.abc import Callable


class Rates:
    """Token buckets, one a key, each as large as a minute's worth; in this process only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, key: str, per_minute: int) -> int:
        """Takes a request out of a key's bucket.

        Returns:
            0, or where the bucket is empty, the whole seconds until one is in it again.
        """
        now = self._clock()
        left, since = self._buckets.get(key, (float(per_minute), now))
        left = min(per_minute, left + (now - since) * per_minute / 60)
        if left < 1:
            self._buckets[key] = (left, now)
            return max(1, math.ceil((1 - left) * 60 / per_minute))
        self._buckets[key] = (left - 1, now)
        return 0
