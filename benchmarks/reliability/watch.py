"""What a whole service holds while it is tried, all its processes together."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil

from benchmarks.serving import process

EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Held:
    """At one moment.

    Attributes:
        pss: megabytes (10^6 bytes); each page counts once, however many processes share it.
        descriptors: open.
        threads: of all kinds.
        processes: alive.
    """

    pss: float
    descriptors: int
    threads: int
    processes: int


def held(root: int) -> Held:
    """What a process and its descendants hold now."""
    family = process.tree(root)
    descriptors = threads = 0
    for one in family:
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            descriptors += one.num_fds()
            threads += one.num_threads()
    return Held(process.memory(root).pss, descriptors, threads, len(family))


@dataclass(slots=True)
class Peak:
    """The most memory at any one moment, in megabytes."""

    pss: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def of(self, root: int) -> Iterator[None]:
        """Within it, a process and its descendants are looked at ten times a second."""
        looking = threading.Thread(target=self._look, args=(root,), daemon=True)
        looking.start()
        try:
            yield
        finally:
            self._over.set()
            looking.join()

    def _look(self, root: int) -> None:
        while True:
            self.pss = max(self.pss, process.memory(root).pss)
            if self._over.wait(EVERY_S):
                return
