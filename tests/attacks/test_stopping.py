"""Told to stop, the server says so first, answers or refuses what is in hand, and ends."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

from tests.running import PATIENCE_S, RunningServer, running_server


def _descendants(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [one for child in map(int, children) for one in [child, *_descendants(child)]]


@contextlib.contextmanager
def _frozen(server: RunningServer) -> Iterator[None]:
    """Within it, the server's readers stand still: as busy as any picture could make them."""
    readers = _descendants(server.process.pid)
    for reader in readers:
        os.kill(reader, signal.SIGSTOP)
    try:
        yield
    finally:
        for reader in readers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(reader, signal.SIGCONT)


def test_readiness_turns_before_anything_is_refused(tmp_path: Path, face_jpeg: bytes) -> None:
    with running_server(tmp_path, {"FACEVEIL_SERVER__DRAIN_S": "2"}) as server:
        assert server.client.get("/readyz").status_code == 200
        server.process.terminate()
        until = time.monotonic() + PATIENCE_S
        while (answer := server.client.get("/readyz")).status_code == 200:
            assert time.monotonic() < until
        assert (answer.status_code, answer.json()["reason"]) == (503, "stopping")
        with httpx2.Client(base_url=str(server.client.base_url)) as new:
            assert new.post("/v1/anonymize", files={"image": face_jpeg}).status_code == 200
        server.process.wait(PATIENCE_S)


def test_a_picture_in_hand_is_refused_at_the_deadline_and_does_not_hold_the_end(
    tmp_path: Path, face_jpeg: bytes
) -> None:
    with running_server(tmp_path, {"FACEVEIL_SERVER__STOP_S": "1"}) as server:
        answers: list[httpx2.Response] = []

        def ask() -> None:
            answers.append(server.client.post("/v1/anonymize", files={"image": face_jpeg}))

        with _frozen(server):
            asking = threading.Thread(target=ask)
            asking.start()
            until = time.monotonic() + PATIENCE_S
            while b"faceveil_workers_busy 1.0" not in _metrics(server):
                assert time.monotonic() < until
            server.process.terminate()
            asking.join(PATIENCE_S)
            (answer,) = answers
            assert answer.status_code == 503
            assert answer.json()["reason"] == "stopping"
            assert answer.headers["retry-after"] == "1"
            server.process.wait(PATIENCE_S)


def _metrics(server: RunningServer) -> bytes:
    with httpx2.Client(base_url=str(server.client.base_url)) as other:
        return other.get("/metrics").content


def test_a_body_that_is_still_coming_does_not_hold_the_end(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, {"FACEVEIL_SERVER__STOP_S": "1"}) as server,
        server.connect() as connection,
    ):
        connection.sendall(
            b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        server.process.terminate()
        assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
        server.process.wait(PATIENCE_S)
