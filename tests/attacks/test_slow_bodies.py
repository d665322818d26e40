"""Bodies that come slowly, or are only held: they cost those who send them, and nobody else."""

import contextlib
import re
import socket
from collections.abc import Iterator

import pytest

from tests.attacks.memory import peak_mb
from tests.attacks.scale import scaled
from tests.running import RunningServer, running_server

BODIES = scaled(40, 120)
HEAD = b"POST /v1/anonymize%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a short queue and a bounded room for bodies."""
    limits = {
        "FACEVEIL_ENGINE__QUEUE": "4",
        "FACEVEIL_LIMITS__BODIES": str(2 * BODIES),
        "FACEVEIL_LIMITS__BODIES_BYTES": str(32 * 2**20),
    }
    with running_server(tmp_path_factory.mktemp("busy"), limits) as server:
        yield server


def _send(server: RunningServer, stack: contextlib.ExitStack, start: bytes) -> socket.socket:
    connection = stack.enter_context(server.connect())
    connection.sendall(start)
    return connection


def test_slow_bodies_refuse_nobody(busy: RunningServer, face_jpeg: bytes) -> None:
    start = HEAD % (b"", b"image/png") + LENGTH % 1000 + b"slow"
    with contextlib.ExitStack() as stack:
        for _ in range(BODIES - 1):
            _send(busy, stack, start)
        for _ in range(5):
            answer = busy.client.post("/v1/anonymize", files={"image": face_jpeg})
            assert answer.status_code == 200


def test_more_bodies_than_a_client_may_send_at_a_time_are_refused(busy: RunningServer) -> None:
    start = HEAD % (b"", b"image/png") + LENGTH % 1000 + b"slow"
    with contextlib.ExitStack() as stack:
        for _ in range(BODIES):
            _send(busy, stack, start)
        late = _send(busy, stack, start)
        answer = late.recv(65536)
    assert answer.startswith(b"HTTP/1.1 429 ")
    assert re.search(rb"\r\nretry-after: 1\r\n", answer)


def test_a_body_without_pace_is_cut_long_before_the_last_moment(busy: RunningServer) -> None:
    with contextlib.ExitStack() as stack:
        slow = _send(busy, stack, HEAD % (b"", b"image/png") + LENGTH % 1000 + b"slow")
        answer = slow.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_held_bodies_have_a_room_of_their_own(busy: RunningServer, face_jpeg: bytes) -> None:
    before = peak_mb(busy.process.pid)
    start = HEAD % (b"/batch", b"application/json") + LENGTH % (60 * 2**20)
    held = b" " * 2**20
    with contextlib.ExitStack() as stack:
        connections = [_send(busy, stack, start) for _ in range(10)]
        for _ in range(20):
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.settimeout(5)
                    connection.sendall(held)
        assert peak_mb(busy.process.pid) < before + 96
        answer = busy.client.post("/v1/anonymize", files={"image": face_jpeg})
        assert answer.status_code in (200, 429)
    assert busy.client.post("/v1/anonymize", files={"image": face_jpeg}).status_code == 200
