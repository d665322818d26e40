"""Keys that must be looked up: all that wait in one query, so that no crowd keeps anybody out."""

import asyncio
import logging
import time
from collections.abc import Callable

from faceveil.access import keys, tokens
from faceveil.access.door import Door, Principal
from faceveil.problems import Overloaded, StoreBusy, Unauthorized
from faceveil.store.store import Store
from faceveil.telemetry.seldom import Seldom

AT_A_TIME = 256
"""Keys in one query."""

MOST_WAITING = 8192
"""Keys that may wait; more than there are connections, unless somebody configures very many."""

PATIENCE_S = 2.0
"""Seconds until a database that does not answer counts as away."""

AWAY_S = 1.0
"""Seconds until it is asked again."""

logger = logging.getLogger("faceveil.access")


class LookUps:
    """Tells who holds a key.

    While the database is away, whoever was found not too long ago still counts, without waiting.
    """

    def __init__(
        self, door: Door, store: Store, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._door = door
        self._store = store
        self._clock = clock
        self._waiting: dict[str | None, asyncio.Future[Principal | None]] = {}
        self._working: asyncio.Task[None] | None = None
        self._away_until = float("-inf")
        self._seldom = Seldom(logger)

    async def principal(self, given: str | None) -> Principal:
        """Who holds this key.

        Raises:
            Unauthorized: nobody, or somebody whose key counts no more.
            StoreBusy: if the database does not answer, and the key was not found lately.
            Overloaded: if too many wait already, and the key was not found lately.
        """
        principal = self._door.remembered(given)
        if principal is not None:
            return principal
        if given is not None and not (keys.may_be(given) or tokens.may_be(given)):
            raise Unauthorized(Unauthorized.example)
        try:
            principal = await self._looked_up(given)
        except (StoreBusy, Overloaded):  # also where threads wait for a database that hangs
            principal = self._door.remembered(given, longer=True)
            if principal is None:
                raise
            self._seldom.warn("keys found before still count: the store does not answer")
            return principal
        if principal is None:
            raise Unauthorized(Unauthorized.example)
        return principal

    async def _looked_up(self, given: str | None) -> Principal | None:
        if (
            self._clock() < self._away_until
            and self._door.remembered(given, longer=True) is not None
        ):
            raise StoreBusy(StoreBusy.example)
        future = self._waiting.get(given)
        if future is None:
            if len(self._waiting) >= MOST_WAITING:
                raise Overloaded("Too many keys are being checked. Try again in 1 s.", 1)
            future = self._waiting[given] = asyncio.get_running_loop().create_future()
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await asyncio.shield(future)

    async def _work(self) -> None:
        try:
            while self._waiting:
                given = list(self._waiting)[:AT_A_TIME]
                futures = [self._waiting.pop(one) for one in given]
                try:
                    found = await self._answered(given)
                except Exception as problem:
                    self._away_until = self._clock() + AWAY_S
                    for future in futures:
                        future.set_exception(problem)
                        future.exception()  # asyncio warns where nobody waits any more
                else:
                    for one, future, principal in zip(given, futures, found, strict=True):
                        self._door.remember(one, principal)
                        future.set_result(principal)
        finally:
            self._working = None

    async def _answered(self, given: list[str | None]) -> list[Principal | None]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._store.look_up(lambda: self._door.look_up(given))
        except TimeoutError:
            raise StoreBusy(StoreBusy.example, cause="no answer in time") from None
