"""The server and its worker processes: one may die, and none outlives the server."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.api.refusals import assert_refused
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


def test_a_worker_that_is_killed_loses_its_request_and_the_server_goes_on(
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
        assert_refused(lost.result(), 500, "worker-lost")
    assert _post(server, face_jpeg) == 200
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


def test_a_server_that_cannot_have_workers_any_more_is_not_ready(
    small_server: RunningServer, face_jpeg: bytes
) -> None:
    assert small_server.client.get("/readyz").status_code == 200
    for process in _processes(small_server):
        process.send_signal(signal.SIGKILL)
    _wait_until(lambda: small_server.client.get("/readyz").status_code != 200)
    assert_refused(small_server.client.get("/readyz"), 503, "not-ready")
    response = small_server.client.post("/v1/anonymize", files={"image": face_jpeg})
    assert_refused(response, 503, "not-ready")
