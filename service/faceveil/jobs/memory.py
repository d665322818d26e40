"""The bound on a worker's memory, for all audits in it together."""

import contextlib
import logging
import os
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

from faceveil.store import audits
from faceveil.store.database import Database

LOOK_S = 0.2

logger = logging.getLogger("faceveil.jobs")


class MemoryBound:
    """Ends the largest audit where a worker needs too much, and the process with it.

    A limit of the operating system's would be met inside a library, some of which then wait for
    ever; what a process once had, it seldom gives back, so a new one goes on, with the other audits
    too.
    """

    def __init__(self, database: Database, limit: int) -> None:
        """Prepares.

        Args:
            database: of the audits.
            limit: bytes of memory.
        """
        self._database = database
        self._limit = limit
        self._at_work: dict[str, int] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def around(self, id_: str) -> Iterator[None]:
        """Watches while an audit is made."""
        with self._database.read() as connection:
            size = audits.size(connection, id_)
        finished = threading.Event()
        watching = threading.Thread(target=self._watch, args=(finished,), daemon=True)
        with self._lock:
            self._at_work[id_] = size
        watching.start()
        try:
            yield
        finally:
            finished.set()
            watching.join()
            with self._lock:
                del self._at_work[id_]

    def _watch(self, finished: threading.Event) -> None:
        while not finished.wait(LOOK_S):
            with self._lock:  # the first to see it ends all
                if resident() > self._limit:
                    self._end()

    def _end(self) -> None:
        largest = max(self._at_work, key=self._at_work.__getitem__)
        used = resident()
        with self._database.write() as connection:
            audits.fail(
                connection,
                largest,
                f"It needed more than the {self._limit / 2**20:.0f} MiB of memory that "
                "FACEVEIL_AUDIT__MEMORY_BYTES allows. Audit less at a time, or allow more.",
            )
        logger.error("an audit needed too much memory", extra={"audit": largest, "bytes": used})
        logging.shutdown()
        os._exit(1)


def resident() -> int:
    """Bytes of memory that this process has now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()
    except OSError:  # no Linux; the most that it ever had, in bytes on macOS
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
