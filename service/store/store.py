"""The store as the application holds it: database and pseudonyms, and threads to wait for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from service.problems import Overloaded
from service.settings import Settings
from service.store.database import CONNECTIONS, Database, open_database
from service.store.pseudonyms import Pseudonyms, load_pseudonyms

T = TypeVar("T")

MOST_WAITING = 256
"""Calls that may wait for a connection before the next is refused."""


class Store:
    """What is kept, and how an event loop reaches it."""

    def __init__(self, database: Database, pseudonyms: Pseudonyms) -> None:
        self.database = database
        self.pseudonyms = pseudonyms
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="faceveil-store")
        self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Runs what blocks on a thread of the store's.

        Raises:
            Overloaded: if too many calls wait already.
        """
        if self._pending >= MOST_WAITING:
            raise Overloaded("The store is busy. Try again in 1 s.", 1)
        self._pending += 1
        # Once begun it is not stopped, whoever goes away: what was asked is done or not done.
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._ended)
        return await asyncio.shield(future)

    def _ended(self, done: "asyncio.Future[T]") -> None:
        self._pending -= 1
        if not done.cancelled():
            done.exception()  # seen, also where nobody waits for it any more

    def close(self) -> None:
        """Waits for what is being done, and closes the connections."""
        self._pool.shutdown(wait=True)
        self.database.close()


def open_store(settings: Settings) -> Store:
    """The configured store.

    Raises:
        DatabaseError: if the database cannot be used.
        OSError, ValueError: if the subject key cannot be read or made.
    """
    return Store(open_database(settings), load_pseudonyms(settings))
