"""The server that is tried: a real one, in a folder of its own, with keys for many clients."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.store.database import open_database
from tests.databases import environment, keeping_settings
from tests.running import RunningServer, running_server

ALONE = {"FACEVEIL_AUDIT__OWN_WORKER": "false"}
"""Without a worker: audits wait."""


@contextlib.contextmanager
def keyed_server(
    state: Path, clients: int, settings: Mapping[str, str]
) -> Iterator[tuple[RunningServer, list[str]]]:
    """A server that stores what it is asked to, and a key for each of some clients.

    Args:
        state: folder for what it keeps.
        clients: how many; what one client does, another is not held to.
        settings: variables besides.
    """
    keeping = keeping_settings(state)
    database = open_database(keeping)
    with database.write() as connection:
        created = [
            keys.create(connection, name=f"client {number}", scopes=frozenset({Scope.admin}))[1]
            for number in range(clients)
        ]
    database.close()
    with running_server(state, {**environment(keeping), **ALONE, **settings}) as server:
        yield server, created


def records(server: RunningServer) -> list[dict[str, object]]:
    """The log's records so far."""
    return [json.loads(line) for line in list(server.output) if line.startswith("{")]


def statuses(server: RunningServer) -> Counter[int]:
    """How often the server answered what, by its log."""
    found = (record.get("status") for record in records(server) if record["message"] == "request")
    return Counter(status for status in found if isinstance(status, int))
