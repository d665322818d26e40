"""What a whole service holds while it is tried, all its processes together."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

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


def held(root: int, proc: Path = process.PROC) -> Held:
    """What a process and its descendants hold now."""
    pids = process.tree(root, proc)
    descriptors = threads = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # it ended meanwhile
            descriptors += len(list((proc / str(pid) / "fd").iterdir()))
            threads += len(list((proc / str(pid) / "task").iterdir()))
    return Held(process.memory(root, proc).pss, descriptors, threads, len(pids))


@dataclass(slots=True)
class Peak:
    """The most memory that was ever seen at one moment, in megabytes."""

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
