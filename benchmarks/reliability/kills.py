"""Faults of processes: each of the service's is killed while clients store, import and erase."""

import contextlib
import time

import numpy as np
import psutil

from benchmarks.reliability.stage import (
    BrokenError,
    Stage,
    fork_server,
    readers,
    running,
    until,
)
from tests.running import DIMENSION, MADE, RunningServer


def kill_the_server(stage: Stage) -> str:
    """SIGKILL to the server."""
    for _ in range(stage.moments):
        with stage.server() as server, stage.traffic(server) as traffic:
            traffic.until(stage.some())
            server.kill()
    return f"{stage.moments} kills"


def kill_readers(stage: Stage) -> str:
    """SIGKILL to processes that read pictures."""
    kills = 0
    with stage.server() as server, stage.traffic(server) as traffic:
        while kills < 3 * stage.moments:
            # So many that no picture loses two readers: the service gives one up then, as a killer.
            traffic.until(9 + stage.some() // 4)
            for reader in stage.chance.sample(there := readers(server), min(1, len(there))):
                reader.kill()
                kills += 1
    return f"{kills} kills"


def kill_the_fork_server(stage: Stage) -> str:
    """SIGKILL to the process that forks the readers."""
    ends = 0
    for _ in range(stage.moments):
        with stage.server() as server, stage.traffic(server) as traffic:
            traffic.until(stage.some())
            forks = fork_server(server)
            assert forks
            forks.kill()
            goal = stage.ledger.acknowledged + stage.amount

            def over(server: RunningServer = server, goal: int = goal) -> bool:
                return server.process.poll() is not None or stage.ledger.acknowledged >= goal

            until(over, "without its fork server it neither ended nor stored again")
            ends += server.process.poll() is not None
    return f"{stage.moments} kills; the server ended {ends} times, and went on otherwise"


def kill_readers_of_files(stage: Stage) -> str:
    """SIGKILL to processes that read feature files."""
    kills = 0
    with stage.server() as server, stage.traffic(server) as traffic:
        while kills < stage.moments:
            for reader in running(server, "faceveil.featurefile.reader"):
                with contextlib.suppress(psutil.Error):
                    reader.kill()
                    kills += 1
            time.sleep(0.01)
        traffic.until(stage.amount)
    return f"{kills} kills"


def kill_the_worker(stage: Stage) -> str:
    """SIGKILL to the worker that makes audits: each audit ends as it should all the same."""
    kills = 0
    with stage.server({"FACEVEIL_AUDIT__OWN_WORKER": "true"}) as server:
        rng = np.random.default_rng(0)
        rows = [
            {"subject": f"audited {n % 12}", "embedding": rng.normal(size=DIMENSION).tolist()}
            for n in range(240)
        ]
        server.client.post("/v1/features", json=MADE | {"features": rows}).raise_for_status()
        body = {"model": "faceveil", "quick": True, "folds": 2}
        answers = [
            server.client.post("/v1/audits", json=body | {"seed": seed}).raise_for_status()
            for seed in range(2)
        ]
        paths = [answer.headers["location"] for answer in answers]
        while kills < min(stage.moments, 3):
            until(lambda: bool(running(server, "worker")), "no worker was started again")
            time.sleep(stage.chance.uniform(0.5, 4))
            for worker in running(server, "worker"):
                worker.kill()
                kills += 1

        def states() -> list[str]:
            return [server.client.get(path).json()["state"] for path in paths]

        until(lambda: not {"queued", "running"} & set(states()), f"audits never end: {states()}")
        if states() != ["done"] * len(paths):
            raise BrokenError(f"audits ended as {states()}")
        for subject in range(12):  # what was imported here is in no ledger
            erased = {"subject": f"audited {subject}"}
            server.client.post("/v1/subjects/erase", json=erased).raise_for_status()
    return f"{kills} kills; {len(paths)} of {len(paths)} audits done"


def share_between_two(stage: Stage) -> str:
    """Two servers on one store; one of them is killed and started again."""
    with stage.server() as steady:
        for _ in range(max(2, stage.moments // 2)):
            with stage.server() as other, stage.traffic(steady, other) as traffic:
                traffic.until(2 * stage.some())
                other.kill()
            with stage.traffic(steady) as traffic:
                traffic.until(stage.amount)
    return "one killed and started again, the other goes on"
