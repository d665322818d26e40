"""The store as the application holds it: database, pseudonyms, and threads to wait for them."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from faceveil.problems import Overloaded
from faceveil.settings import Settings
from faceveil.store.database import Database, open_database
from faceveil.store.health import Trouble, trouble_of
from faceveil.store.pseudonyms import Pseudonyms
from faceveil.store.scrubbing import Scrubber
from faceveil.store.secret_keys import SecretKeys, open_keys

P = ParamSpec("P")
T = TypeVar("T")

THREADS, LOOKING_UP = 8, 2
"""Threads for what is stored, and for whose key it is: those must not wait behind an erasure."""

MOST_WAITING = 256
"""Calls that may wait for a thread before the next is refused."""

PATIENCE_S = 2.0
"""Seconds until a store that does not answer counts as away."""

FRESH_S = 1.0
"""Seconds for which what was found of its health is believed."""

IMPORTS = 4
"""Large files and lists that may be at work at a time; the next is refused."""

SMALL = 2**20
"""Bytes up to which a body needs no such place."""


class Store:
    """What is stored, and how an event loop reaches it."""

    def __init__(self, database: Database, keys: SecretKeys) -> None:
        self.database = database
        self.keys = keys
        self.pseudonyms = Pseudonyms(keys.subject)
        self.scrubber = Scrubber(database)
        self._threads = _Threads(THREADS)
        self._lookups = _Threads(LOOKING_UP)
        self._threads_of_health = _Threads(1, most_waiting=1)
        self._trouble: Trouble | None = None
        self._looking: asyncio.Task[None] | None = None
        self._fresh_until = 0.0
        self._imports = 0
        self._checked = False
        self._reading = asyncio.Semaphore(1)

    async def run(self, work: Callable[[], T]) -> T:
        """Runs what blocks on a thread of the store's.

        Raises:
            Overloaded: if too many calls wait already.
        """
        return await self._threads.run(work)

    async def query(
        self,
        question: Callable[Concatenate[Connection, P], T],
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T:
        """Runs a question within one reading transaction, on a thread of the store's.

        Args:
            question: called with a connection, then the arguments.
            arguments: of it.
            options: of it, by name.

        Raises:
            Overloaded: if too many calls wait already.
            StoreBusy: if the database does not answer.
        """

        def read() -> T:
            with self.database.read() as connection:
                return question(connection, *arguments, **options)

        return await self.run(read)

    async def look_up(self, work: Callable[[], T]) -> T:
        """The same for keys, on threads of their own.

        Raises:
            Overloaded: if too many calls wait already.
        """
        return await self._lookups.run(work)

    async def trouble(self) -> Trouble | None:
        """What keeps the store from being used; looked for once a second at most, and not long."""
        now = time.monotonic()
        if self._looking is None and now >= self._fresh_until:
            self._looking = asyncio.create_task(self._look())
        if self._looking is not None:
            await asyncio.shield(self._looking)
        return self._trouble

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._trouble = await self._threads_of_health.run(
                    partial(trouble_of, self.database)
                )
        except (TimeoutError, Overloaded):
            self._trouble = Trouble.away
        finally:
            self._fresh_until = time.monotonic() + FRESH_S
            self._looking = None

    @contextmanager
    def importing(self, announced: int | None) -> Iterator[None]:
        """Holds one of the few places for a body that may be large, from before it is read.

        Args:
            announced: the body's length in bytes; None where it is not told.

        Raises:
            Overloaded: if all of them are taken.
        """
        if announced is not None and announced <= SMALL:
            yield
            return
        if self._imports >= IMPORTS:
            raise Overloaded("Other imports are at work. Try again in 5 s.", 5)
        self._imports += 1
        try:
            yield
        finally:
            self._imports -= 1

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Holds the one place for a check of the whole access log.

        Raises:
            Overloaded: if it is taken.
        """
        if self._checked:
            raise Overloaded("The log is being checked already. Try again in 5 s.", 5)
        self._checked = True
        try:
            yield
        finally:
            self._checked = False

    async def read(self, work: Callable[[], T]) -> T:
        """Reads what was brought, one at a time: it can take several times its size in memory."""
        async with self._reading:
            return await self.run(work)

    def close(self) -> None:
        """Waits for what is being done, and closes the connections."""
        self._threads.close()
        self._lookups.close()
        self.scrubber.close()
        self._threads_of_health.close()
        self.database.close()


class _Threads:
    """A pool of threads before which only so many may wait."""

    def __init__(self, threads: int, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="faceveil-store")
        self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self._pending >= self._most_waiting:
            raise Overloaded("The store is busy. Try again in 1 s.", 1)
        self._pending += 1
        # Once begun it is not stopped, whoever goes away: it is done as a whole or not at all.
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._ended)
        return await asyncio.shield(future)

    def _ended(self, done: "asyncio.Future[T]") -> None:
        self._pending -= 1
        if not done.cancelled():
            done.exception()  # so that asyncio does not warn where nobody waits any more

    def close(self) -> None:
        self._pool.shutdown(wait=True)


def open_store(settings: Settings) -> Store:
    """The configured store, with its secret keys checked.

    Raises:
        DatabaseError: if the database cannot be used.
        StoreBusy: if it does not answer.
        OSError, ValueError: if a key cannot be read or made, or is not the store's.
    """
    database = open_database(settings)
    try:
        database.check()
        return Store(database, open_keys(database, settings))
    except BaseException:
        database.close()
        raise
