"""More requests than the machine can take, and clients that do not wait for their answer."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from faceveil.app import create_app
from faceveil.settings import Settings
from tests.api.refusals import assert_refused
from tests.conftest import HERE
from tests.fakes import HeldDetector, StillDetector, fake_engine
from tests.pictures import blank, encoded

PATH = "/v1/anonymize"
PICTURE = encoded(blank(64, 64), "PNG")
PATIENCE_S = 30.0


class Crowd:
    """Clients that post at the same time."""

    def __init__(self, client: TestClient, threads: ThreadPoolExecutor) -> None:
        self.client = client
        self._threads = threads

    def post(self) -> httpx2.Response:
        return self.client.post(PATH, content=PICTURE, headers={"Content-Type": "image/png"})

    def post_meanwhile(self) -> "Future[httpx2.Response]":
        return self._threads.submit(self.post)


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


@contextmanager
def _crowd(
    settings: Settings, detector: HeldDetector, *, queue: int, deadline_s: float = 30.0
) -> Iterator[Crowd]:
    app = create_app(settings, fake_engine(detector, queue=queue, deadline_s=deadline_s))
    with TestClient(app, base_url=HERE) as client, ThreadPoolExecutor(8) as threads:
        try:
            yield Crowd(client, threads)
        finally:
            detector.let_go.set()


def _metric(client: TestClient, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return 0.0


@pytest.mark.parametrize("queue", [0, 1])
def test_what_finds_no_place_is_refused_at_once_and_what_found_one_is_answered(
    queue: int, settings: Settings
) -> None:
    detector = HeldDetector()
    with _crowd(settings, detector, queue=queue) as crowd:
        accepted = [crowd.post_meanwhile()]
        assert detector.entered.acquire(timeout=PATIENCE_S)
        accepted += [crowd.post_meanwhile() for _ in range(queue)]
        _wait_until(lambda: _metric(crowd.client, "faceveil_queue_waiting") == queue)

        response = crowd.post()  # answered while the detector is held, so at once
        assert_refused(response, 429, "overloaded")
        assert int(response.headers["retry-after"]) >= 1

        detector.let_go.set()
        assert [answer.result().status_code for answer in accepted] == [200] * (queue + 1)
        assert crowd.post().status_code == 200


def test_what_waits_longer_than_the_deadline_is_given_up(settings: Settings) -> None:
    detector = HeldDetector()
    with _crowd(settings, detector, queue=4, deadline_s=0.05) as crowd:
        first = crowd.post_meanwhile()
        assert detector.entered.acquire(timeout=PATIENCE_S)
        response = crowd.post()
        problem = assert_refused(response, 429, "overloaded")
        assert "0.05 s" in problem["detail"]
        assert int(response.headers["retry-after"]) >= 1
        detector.let_go.set()
        assert first.result().status_code == 200
        assert detector.pictures == 1


def test_a_busy_server_still_answers_its_probes(settings: Settings) -> None:
    detector = HeldDetector()
    with _crowd(settings, detector, queue=0) as crowd:
        crowd.post_meanwhile()
        assert detector.entered.acquire(timeout=PATIENCE_S)
        assert crowd.client.get("/healthz").status_code == 200
        assert crowd.client.get("/readyz").status_code == 200
        assert _metric(crowd.client, "faceveil_workers_busy") == 1


def test_refusals_are_counted_by_their_type(settings: Settings) -> None:
    detector = HeldDetector()
    with _crowd(settings, detector, queue=0) as crowd:
        crowd.post_meanwhile()
        assert detector.entered.acquire(timeout=PATIENCE_S)
        for _ in range(3):
            crowd.post()
        counted = _metric(crowd.client, "faceveil_rejections_total", problem="overloaded")
        assert counted == 3


def _request(path: str, kind: str) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", kind.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }


async def _send_and_hang_up(app: FastAPI, path: str, kind: str, *chunks: bytes) -> list[Message]:
    """Sends a request, then goes away. Returns what the app sent back to nobody."""
    sent: list[Message] = []
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": more}
        for more, chunk in zip([*[True] * (len(chunks) - 1), False], chunks, strict=True)
    ]

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_request(path, kind), receive, send)
    return sent


_TEXT = base64.b64encode(PICTURE).decode()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        (PATH, "image/png", PICTURE),
        (f"{PATH}/batch", "application/json", json.dumps({"images": [{"image": _TEXT}] * 3})),
    ],
)
async def test_a_request_whose_client_has_gone_is_dropped_before_its_image_is_read(
    path: str, kind: str, body: bytes | str, settings: Settings
) -> None:
    detector = StillDetector()
    app = create_app(settings, fake_engine(detector))
    content = body.encode() if isinstance(body, str) else body
    async with app.router.lifespan_context(app):
        sent = await _send_and_hang_up(app, path, kind, content)
        metrics = app.state.components.metrics.text().decode()
    assert sent == []
    assert detector.pictures == 0
    assert 'status="499"' in metrics
    assert 'status="500"' not in metrics


def test_a_client_that_hangs_up_while_it_waits_is_dropped(settings: Settings) -> None:
    detector = HeldDetector()
    app = create_app(settings, fake_engine(detector, queue=4))
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        _wait_until(lambda: running.started)
        address = running.servers[0].sockets[0].getsockname()
        request = (
            b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: %d\r\n\r\n" % len(PICTURE)
        ) + PICTURE
        with socket.create_connection(address) as patient:
            patient.sendall(request)
            assert detector.entered.acquire(timeout=PATIENCE_S)
            with socket.create_connection(address) as impatient:
                impatient.sendall(request)
                scheduler = app.state.components.engine.scheduler
                _wait_until(lambda: scheduler.waiting == 1)
            _wait_until(lambda: len(running.server_state.connections) == 1)
            detector.let_go.set()
            assert patient.recv(1024).startswith(b"HTTP/1.1 200 ")
        _wait_until(lambda: scheduler.admitted == 0)
        assert detector.pictures == 1
    finally:
        detector.let_go.set()
        running.should_exit = True
        thread.join(PATIENCE_S)
