"""Connections that only take places: whoever asks something finds one."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from tests.attacks.scale import scaled
from tests.running import PATIENCE_S, RunningServer, running_server

PLACES = scaled(40, 120)
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
SLOW = (
    b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    b"Content-Length: 1000\r\n\r\nslow"
)


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with few places."""
    limits = {"FACEVEIL_LIMITS__CONNECTIONS": str(PLACES)}
    with running_server(tmp_path_factory.mktemp("small"), limits) as server:
        yield server


def _answered(server: RunningServer) -> bytes:
    with server.connect() as connection:
        connection.sendall(GET + b"Connection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /", GET], ids=["nothing", "a word", "half a head"])
def test_those_that_ask_nothing_give_way_the_oldest_first(
    small: RunningServer, sent: bytes
) -> None:
    with contextlib.ExitStack() as stack:
        idle = []
        for _ in range(3 * PLACES):
            connection = stack.enter_context(small.connect())
            connection.sendall(sent)
            idle.append(connection)
        for _ in range(5):
            assert _answered(small).startswith(b"HTTP/1.1 200 ")
        closed = [_is_closed(connection) for connection in idle]
    assert all(closed[:PLACES])
    assert closed.count(False) <= PLACES
    small.said("all connections are taken")
    assert sum("all connections are taken" in line for line in small.output) == 1


def test_requests_in_hand_do_not_give_way_and_the_next_is_told(small: RunningServer) -> None:
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(small.connect()) for _ in range(PLACES)]
        for connection in held:
            connection.sendall(SLOW)
        until = time.monotonic() + PATIENCE_S
        while not (answer := _tried(small)).startswith(b"HTTP/1.1 503 "):
            assert time.monotonic() < until, answer
        assert b"no-connection" in answer
        assert b"Retry-After: 1" in answer
        assert not any(_is_closed(connection) for connection in held)
    until = time.monotonic() + PATIENCE_S
    while not _tried(small).startswith(b"HTTP/1.1 200 "):
        assert time.monotonic() < until


def _tried(server: RunningServer) -> bytes:
    try:
        return _answered(server)
    except OSError:
        return b""


def test_a_connection_that_rests_between_two_requests_gives_way_too(small: RunningServer) -> None:
    with contextlib.ExitStack() as stack:
        rested = []
        for _ in range(2 * PLACES):
            connection = stack.enter_context(small.connect())
            connection.sendall(GET + b"\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
            rested.append(connection)
        assert _answered(small).startswith(b"HTTP/1.1 200 ")
