"""Where a fault is injected: a folder or database of its own, servers on it, and their clients."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.reliability.ledger import Ledger, Traffic, Verdict
from benchmarks.reliability.postgres import Postgres
from tests.databases import environment, keeping_settings
from tests.running import RunningServer, running_server

PATIENCE_S = 60.0


class BrokenError(Exception):
    """A promise was broken that is none of a feature."""


class NotPossibleError(Exception):
    """This fault cannot be injected on this machine."""


@dataclass(slots=True)
class Stage:
    """One fault's.

    Attributes:
        state: state folder of the servers.
        cluster: a PostgreSQL of its own, or None for SQLite.
        moments: how often the fault is injected.
        amount: features to be acknowledged before and after each.
        chance: of what is left to it.
        ledger: of its clients.
    """

    state: Path
    cluster: Postgres | None
    moments: int
    amount: int
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def database(self) -> str:
        """Its name."""
        return "PostgreSQL" if self.cluster else "SQLite"

    @contextlib.contextmanager
    def server(
        self, settings: Mapping[str, str] | None = None, before: Sequence[str] = ()
    ) -> Iterator[RunningServer]:
        """A server on this store."""
        url = self.cluster.url if self.cluster else None
        variables = environment(keeping_settings(self.state, url))
        variables |= {"FACEVEIL_AUDIT__OWN_WORKER": "false", **(settings or {})}
        with running_server(self.state, variables, before) as server:
            yield server

    @contextlib.contextmanager
    def traffic(self, *servers: RunningServer) -> Iterator[Traffic]:
        """Clients of some servers, at work."""
        traffic = Traffic(self.ledger, [str(server.client.base_url) for server in servers])
        with traffic.flowing():
            yield traffic

    def some(self) -> int:
        """A number of features, about the amount."""
        return self.chance.randint(1, 2 * self.amount)

    def settle(self) -> Verdict:
        """What a well server says at last."""
        with self.server() as server, self.ledger.counted(str(server.client.base_url)) as client:
            return self.ledger.settle(client)


def until(condition: Callable[[], bool], what: str) -> None:
    """Waits for it.

    Raises:
        BrokenError: if it does not come.
    """
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise BrokenError(what)
        time.sleep(0.01)


def fork_server(server: RunningServer) -> psutil.Process | None:
    """The process that forks a server's readers."""
    for child in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.Error):
            line = child.cmdline()
            if not {"worker", "faceveil.featurefile.reader"} & set(line):
                return child
    return None


def readers(server: RunningServer) -> list[psutil.Process]:
    """The processes that read pictures."""
    forks = fork_server(server)
    with contextlib.suppress(psutil.Error):
        return forks.children() if forks else []
    return []


def running(server: RunningServer, word: str) -> list[psutil.Process]:
    """Its processes with a word on their command line."""
    found = []
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(server.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if word in child.cmdline():
                    found.append(child)
    return found
