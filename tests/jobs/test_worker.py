"""The worker: killed, it goes on where it was; alone on an SQLite file; it ends with its server."""

import os
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from faceveil import featurefile
from faceveil.settings import Settings
from tests.databases import environment, keeping_settings
from tests.running import COMMAND, PATIENCE_S, RunningServer, running_server


def _upload(server: RunningServer, people: int = 10, **fields: str) -> str:
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(people), 20)
    rows = rng.normal(size=(people, 16))[subject] + rng.normal(size=(len(subject), 16))
    data = featurefile.npz({"embedding": rows, "subject": [f"person {n}" for n in subject]})
    asked = server.client.post("/v1/audits", files={"file": ("f.npz", data)}, data=fields)
    assert asked.status_code == 202, asked.text
    path: str = asked.headers["location"]
    return path


def _wait(server: RunningServer, path: str, done: int) -> dict[str, Any]:
    until = time.monotonic() + 3 * PATIENCE_S
    while time.monotonic() < until:
        audit: dict[str, Any] = server.client.get(path).json()
        if audit["state"] not in ("queued", "running") or audit["progress"]["done"] >= done:
            return audit
        time.sleep(0.02)
    raise TimeoutError(audit)


def _workers(server: RunningServer) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children(recursive=True)
    return [one for one in children if "worker" in one.cmdline()]


def _until_ready(server: RunningServer) -> None:
    server.said("the worker is ready")


def _steps(settings: Settings) -> list[tuple[str, int]]:
    """What DBOS kept of each step: its name, and when it began."""
    from sqlalchemy import create_engine, make_url, text

    url = settings.store.url
    where = (
        make_url(f"sqlite:///{settings.state_directory}/jobs.db")
        if url is None
        else make_url(url.get_secret_value()).set(drivername="postgresql+psycopg")
    )
    table = "operation_outputs" if url is None else "dbos.operation_outputs"
    engine = create_engine(where)
    with engine.connect() as connection:
        found = connection.execute(
            text(f"SELECT function_name, started_at_epoch_ms FROM {table}")  # noqa: S608
        ).all()
    engine.dispose()
    return [(row[0], row[1]) for row in found]


def test_a_killed_worker_goes_on_without_repeating_what_was_done(tmp_path: Path) -> None:
    settings = Settings(state_directory=tmp_path)
    with running_server(tmp_path, {}) as server:
        path = _upload(server, quick="true")
        before = _wait(server, path, done=12)
        assert before["state"] == "running"
        (worker,) = _workers(server)
        finished = dict(_steps(settings))
        worker.kill()
        after = _wait(server, path, done=10**6)
        assert after["state"] == "done", after["failure"]
        assert len(finished) >= 12
        everything = _steps(settings)
        assert len(everything) == len(dict(everything)) == after["progress"]["steps"]
        assert after["progress"]["done"] == after["progress"]["steps"]
        assert {name: dict(everything)[name] for name in finished} == finished
        assert [one.pid for one in _workers(server)] != [worker.pid]
        server.said("started again")


def test_a_server_killed_midway_finishes_the_audit_after_its_restart(tmp_path: Path) -> None:
    settings = Settings(state_directory=tmp_path)
    with running_server(tmp_path, {}) as server:
        path = _upload(server, quick="true")
        _wait(server, path, done=5)
        (worker,) = _workers(server)
        server.kill()
        worker.wait(PATIENCE_S)  # it ends with its server, however that ended
    finished = dict(_steps(settings))
    with running_server(tmp_path, {}) as server:
        audit = _wait(server, path, done=10**6)
        assert audit["state"] == "done", audit["failure"]
    assert finished.items() <= dict(_steps(settings)).items()


def test_a_cancelled_audit_stops(tmp_path: Path) -> None:
    with running_server(tmp_path, {}) as server:
        path = _upload(server)
        _wait(server, path, done=1)
        assert server.client.delete(path).status_code == 204
        done = len(_steps(Settings(state_directory=tmp_path)))
        other = _wait(server, _upload(server, people=3, quick="true", folds="2"), done=10**6)
        assert other["state"] == "done", other["failure"]
        audit = server.client.get(path).json()
        assert audit["state"] == "cancelled"
        steps = _steps(Settings(state_directory=tmp_path))
        assert len(steps) - other["progress"]["steps"] <= done + 1


def test_a_small_audit_ends_while_a_large_one_is_made(tmp_path: Path) -> None:
    with running_server(tmp_path, {}) as server:
        large = _upload(server, people=400)
        _wait(server, large, done=1)
        small = _wait(server, _upload(server, people=3, quick="true", folds="2"), done=10**6)
        assert small["state"] == "done", small["failure"]
        assert server.client.get(large).json()["state"] == "running"


def test_an_audit_that_needs_too_much_memory_fails_with_a_sentence(tmp_path: Path) -> None:
    limit = {"FACEVEIL_AUDIT__MEMORY_BYTES": str(2**28)}
    with running_server(tmp_path, limit) as server:
        rng = np.random.default_rng(0)
        data = featurefile.npz(
            {
                "embedding": rng.normal(size=(50_000, 200)).astype(np.float32),
                "subject": [f"person {n % 500}" for n in range(50_000)],
            }
        )
        asked = server.client.post("/v1/audits", files={"file": ("f.npz", data)})
        assert asked.status_code == 202, asked.text
        audit = _wait(server, asked.headers["location"], done=10**6)
        assert audit["state"] == "failed"
        assert "FACEVEIL_AUDIT__MEMORY_BYTES" in audit["failure"]
        assert server.client.get("/readyz").status_code == 200


def test_the_worker_has_a_low_priority_and_ends_with_its_server(tmp_path: Path) -> None:
    with running_server(tmp_path, {"FACEVEIL_STORE__RETENTION_DAYS": "1"}) as server:
        (worker,) = _workers(server)
        _until_ready(server)
        assert worker.nice() > psutil.Process(server.process.pid).nice()
    assert not worker.is_running()


def test_a_server_that_keeps_nothing_starts_no_worker(tmp_path: Path) -> None:
    with running_server(tmp_path, {}) as server:
        assert _workers(server) == []


def test_a_second_worker_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    with running_server(tmp_path, {"FACEVEIL_STORE__RETENTION_DAYS": "1"}) as server:
        _until_ready(server)
        variables = {**os.environ, "FACEVEIL_STATE_DIRECTORY": str(tmp_path)}
        second = subprocess.run(  # noqa: S603 - our own command
            [COMMAND, "worker"],
            env=variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert second.returncode == 2
        assert "Another worker has this database" in second.stderr


def _own_worker(kept: Settings, *before: str) -> subprocess.Popen[str]:
    """A worker that no server started, once it is ready."""
    variables = {
        **os.environ,
        **environment(kept),
        "FACEVEIL_STATE_DIRECTORY": str(kept.state_directory),
    }
    worker = subprocess.Popen(  # noqa: S603 - our own command
        [*before, COMMAND, "worker"], env=variables, stderr=subprocess.PIPE, text=True
    )
    assert worker.stderr
    for line in worker.stderr:
        if "the worker is ready" in line:
            break
    return worker


def test_a_worker_of_its_own_stops_when_it_is_told_to(kept: Settings) -> None:
    worker = _own_worker(kept)
    assert worker.stderr
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0
    worker.stderr.close()


def test_a_worker_leaves_no_core_file(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("no program may leave one here")
    core = 'ulimit -S -c $(ulimit -H -c); exec "$@"'
    worker = _own_worker(keeping_settings(tmp_path), "sh", "-c", core, "sh")
    assert psutil.Process(worker.pid).rlimit(psutil.RLIMIT_CORE) == (0, 0)
    worker.kill()
    worker.wait()
    assert worker.stderr
    worker.stderr.close()
