"""The server and its worker processes: one may die, and none outlives the server."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from faceveil.settings import Settings
from tests.running import PATIENCE_S, RunningServer, running_server

ONE_WORKER = {"FACEVEIL_ENGINE__WORKERS": "1", "FACEVEIL_LOG__FORMAT": "text"}


@pytest.fixture
def small_server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path, ONE_WORKER) as server:
        yield server


def _processes(server: RunningServer) -> list[psutil.Process]:
    """The fork server, and the worker that it forked."""
    (fork_server,) = psutil.Process(server.process.pid).children()
    (worker,) = fork_server.children()
    return [fork_server, worker]


def _wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until


def _post(server: RunningServer, picture: bytes) -> int:
    status: int = server.client.post("/v1/anonymize", files={"image": picture}).status_code
    return status


def test_a_worker_that_is_killed_costs_nobody_an_answer(
    small_server: RunningServer, face_jpeg: bytes
) -> None:
    server = small_server
    _, worker = _processes(server)
    worker.suspend()
    with ThreadPoolExecutor() as threads:
        image = {"image": face_jpeg}
        lost = threads.submit(server.client.post, "/v1/anonymize", files=image)
        _wait_until(lambda: "faceveil_workers_busy 1.0\n" in server.client.get("/metrics").text)
        worker.send_signal(signal.SIGKILL)
        assert lost.result().status_code == 200
    assert _processes(server)[1].pid != worker.pid


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_server(
    small_server: RunningServer, face_jpeg: bytes, ending: signal.Signals
) -> None:
    assert _post(small_server, face_jpeg) == 200
    processes = _processes(small_server)
    small_server.process.send_signal(ending)
    small_server.process.wait(PATIENCE_S)
    assert psutil.wait_procs(processes, timeout=PATIENCE_S)[1] == []


def test_the_workers_leave_it_to_the_server_to_heed_signals(
    small_server: RunningServer, face_jpeg: bytes
) -> None:
    for process in _processes(small_server):
        process.send_signal(signal.SIGINT)  # as Ctrl-C in a terminal does, to all of them
        process.send_signal(signal.SIGTERM)
    assert _post(small_server, face_jpeg) == 200


def test_a_fork_server_that_is_killed_is_replaced(
    small_server: RunningServer, face_jpeg: bytes
) -> None:
    processes = _processes(small_server)
    for process in processes:
        process.send_signal(signal.SIGKILL)
    assert psutil.wait_procs(processes, timeout=PATIENCE_S)[1] == []
    assert _post(small_server, face_jpeg) == 200
    assert small_server.client.get("/readyz").status_code == 200
    small_server.said("fork server died")


def test_a_server_that_can_have_no_workers_any_more_ends(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(Settings().model.directory, models)
    settings = ONE_WORKER | {"FACEVEIL_MODEL__DIRECTORY": str(models)}
    with running_server(tmp_path, settings) as server:
        shutil.rmtree(models)
        for process in _processes(server):
            process.send_signal(signal.SIGKILL)
        assert server.process.wait(PATIENCE_S) == 1
