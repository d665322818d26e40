"""Killed at any moment, nothing that was acknowledged is lost, and nothing is there twice."""

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import httpx2

from faceveil.settings import Settings
from tests.databases import environment
from tests.running import RunningServer, running_server
from tests.storing import IMPORTED, bring, store, stored_ids

MOMENTS = 5
STORES = 200


def _until_killed(server: RunningServer, moment: int, acknowledged: dict[int, str]) -> list[str]:
    """Stores and imports until the server is killed; returns the ids that an import was told."""
    share = STORES // MOMENTS
    numbers = iter(range(moment * share, (moment + 1) * share))
    left = random.Random(moment).randrange(1, share)
    lock = threading.Lock()
    imported: list[str] = []

    def keep() -> None:
        nonlocal left
        with httpx2.Client(base_url=server.client.base_url, timeout=30) as client:
            while (number := _next(numbers, lock)) is not None:
                id_ = store(client, number)
                with lock:
                    acknowledged[number] = id_
                    left -= 1
                    if left == 0:
                        server.process.kill()

    def import_() -> None:
        with httpx2.Client(base_url=server.client.base_url, timeout=30) as client:
            imported.extend(bring(client, moment))

    def until_cut_off(work: Callable[[], None]) -> None:
        with contextlib.suppress(httpx2.HTTPError):
            work()

    works = (keep, keep, keep, import_)
    threads = [threading.Thread(target=until_cut_off, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever was refused stops early, and then nobody has killed it.
    server.kill()
    return imported


def _next(numbers: Iterator[int], lock: threading.Lock) -> int | None:
    with lock:
        return next(numbers, None)


def test_what_was_acknowledged_before_a_kill_is_there_once(kept: Settings) -> None:
    variables = environment(kept) | {"FACEVEIL_AUDIT__OWN_WORKER": "false"}
    acknowledged: dict[int, str] = {}
    imported: list[list[str]] = []
    for moment in range(MOMENTS):
        with running_server(kept.state_directory, variables) as server:
            imported.append(_until_killed(server, moment, acknowledged))
    assert 0 < len(acknowledged) < STORES

    with running_server(kept.state_directory, variables) as server:
        client = server.client
        found = set(stored_ids(client))
        assert set(acknowledged.values()) <= found
        assert {id_ for ids in imported for id_ in ids} <= found
        # An import is there whole or not at all, whether or not the client was told.
        rows = len(found)
        stored = client.get("/v1/features", params={"limit": 1}).json()
        assert stored["features"]
        assert rows % IMPORTED <= STORES

        # Everybody sends all of it again, as a client that was cut off does.
        again = {number: store(client, number) for number in range(STORES)}
        assert {number: again[number] for number in acknowledged} == acknowledged
        for moment, ids in enumerate(imported):
            repeated = bring(client, moment)
            assert not ids or repeated == ids
        everything = Counter(stored_ids(client))
        assert len(everything) == STORES + MOMENTS * IMPORTED
        assert set(everything.values()) == {1}
        for number in (0, STORES // 2, STORES - 1):
            kept_of = client.post("/v1/subjects/lookup", json={"subject": f"person {number}"})
            assert kept_of.json()["features"] == 1
