"""Two servers and two workers on one PostgreSQL do it all at once and lose or double nothing."""

import contextlib
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from sqlalchemy import create_engine, make_url, text

from faceveil.access.keys import Scope
from faceveil.settings import Settings
from faceveil.store import access_log
from faceveil.store.database import Database
from tests.databases import environment, keeping_settings, postgres_database
from tests.running import COMMAND, DIMENSION, MADE, PATIENCE_S, RunningServer, running_server

PEOPLE, EACH = 6, 20


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Settings]:
    with postgres_database() as url:
        yield keeping_settings(tmp_path / "state", url)


@contextlib.contextmanager
def _worker(settings: Settings) -> Iterator[list[str]]:
    """A worker of its own, once it is ready; yields what it logs."""
    variables = {**os.environ, **environment(settings)}
    process = subprocess.Popen(  # noqa: S603 - our own command
        [COMMAND, "worker"], env=variables, stderr=subprocess.PIPE, text=True
    )
    lines: list[str] = []
    ready = threading.Event()

    def read() -> None:
        assert process.stderr
        for line in process.stderr:
            lines.append(line)
            if "the worker is ready" in line:
                ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert ready.wait(PATIENCE_S), lines
        yield lines
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        reader.join()
        assert process.stderr
        process.stderr.close()


def _import(client: httpx2.Client, person: int, number: int) -> str:
    embedding = np.random.default_rng(person).normal(size=DIMENSION) + number / 100
    row = {"subject": f"person {person}", "embedding": embedding.tolist()}
    answer = client.post(
        "/v1/features",
        json=MADE | {"features": [row]},
        headers={"Idempotency-Key": f"{person}-{number}"},
    )
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["ids"][0]
    return id_


def _audit(client: httpx2.Client, seed: int) -> str:
    body = {"model": "faceveil", "quick": True, "folds": 2, "seed": seed}
    created = client.post("/v1/audits", json=body)
    assert created.status_code == 202, created.text
    path: str = created.headers["location"]
    return path


def _ended(client: httpx2.Client, path: str) -> dict[str, Any]:
    until = time.monotonic() + 3 * PATIENCE_S
    while time.monotonic() < until:
        audit: dict[str, Any] = client.get(path).json()
        if audit["state"] not in ("queued", "running"):
            return audit
        time.sleep(0.1)
    raise TimeoutError(audit)


def _steps(settings: Settings) -> Counter[tuple[str, str]]:
    """How often DBOS kept each step of each audit."""
    assert settings.store.url
    url = make_url(settings.store.url.get_secret_value()).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT workflow_uuid, function_name FROM dbos.operation_outputs")
        ).all()
    engine.dispose()
    return Counter((row[0], row[1]) for row in rows)


def test_two_servers_and_two_workers_share_one_database(shared: Settings, tmp_path: Path) -> None:
    variables = environment(shared) | {
        "FACEVEIL_AUDIT__OWN_WORKER": "false",
        "FACEVEIL_STORE__SUBJECT_KEY": "one key for both of the servers, at least 32 long",
        "FACEVEIL_NOISE__KEY": "one noise key for both of the servers, too",
    }
    with contextlib.ExitStack() as stack:
        servers: list[RunningServer] = [
            stack.enter_context(running_server(tmp_path / name, variables)) for name in "ab"
        ]
        logs = [stack.enter_context(_worker(shared)) for _ in range(2)]
        clients = [server.client for server in servers]
        pairs = [(person, number) for person in range(PEOPLE) for number in range(EACH)]
        with ThreadPoolExecutor(8) as threads:
            # Each is sent to both servers at about the same time, with one key.
            both = [
                [threads.submit(_import, client, *pair) for client in clients] for pair in pairs
            ]
            answers = [[future.result() for future in futures] for futures in both]
            assert all(one == other for one, other in answers)

            paths = list(threads.map(_audit, clients * 3, range(6)))
            audits = list(threads.map(_ended, clients[::-1] * 3, paths))
            assert [audit["state"] for audit in audits] == ["done"] * 6, audits

            erase = {"subject": "person 0"}
            receipts = [
                future.result().json()
                for future in [
                    threads.submit(client.post, "/v1/subjects/erase", json=erase)
                    for client in clients
                ]
            ]
        assert sum(receipt["features"] for receipt in receipts) == EACH

        for client in clients:
            listed = client.get("/v1/features", params={"limit": 1000}).json()["features"]
            ids = [one["id"] for one in listed]
            assert sorted(ids) == sorted(one for one, _ in answers[EACH:])
            assert client.get(paths[0]).json()["erased_subjects"] == 1

        # Both workers had work, and no step was done twice.
        ends = [sum("an audit ended" in line for line in log) for log in logs]
        assert sum(ends) == 6
        assert min(ends) > 0
        assert set(_steps(shared).values()) == {1}

    assert shared.store.url
    database = Database(shared.store.url.get_secret_value())
    assert access_log.verify(access_log.entries(database)).broken is None
    actions = Counter(entry.action for entry in access_log.entries(database))
    database.close()
    assert actions == {"audited": 6, "erased": 2}


def test_a_key_made_beside_a_running_server_counts_at_once(
    shared: Settings, tmp_path: Path
) -> None:
    variables = environment(shared)
    with running_server(tmp_path, variables) as server:
        assert server.client.get("/v1/models").status_code == 200
        made = subprocess.run(  # noqa: S603 - our own command
            [COMMAND, "keys", "create", "app", "--scope", Scope.read],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        header = {"X-API-Key": made.stdout.strip()}
        assert server.client.get("/v1/features", headers=header).status_code == 200
        until = time.monotonic() + PATIENCE_S
        while server.client.get("/v1/models").status_code != 401:
            assert time.monotonic() < until
            time.sleep(0.1)
