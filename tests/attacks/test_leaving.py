"""Clients that leave, at whatever moment: counted, and no error in the log."""

import json
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.running import RunningServer, running_server

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose clients leave."""
    with running_server(tmp_path_factory.mktemp("left"), {}) as server:
        yield server


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        GET,
        GET + b"\r\n",
        POST + b"Content-Length: 1000\r\n\r\nhalf",
        POST + b"Content-Length: 4\r\n\r\nnone",
        POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\nnone\r\n",
        POST + b"Content-Length: 4\r\n\r\nnone" + (GET + b"\r\n") * 5,
        POST + b"Content-Length: 4\r\n\r\nnone" + (GET + b"\r\n") * 50,
        POST + b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
    ],
    ids=[
        "nothing sent",
        "half a head",
        "asked",
        "half a body",
        "a whole body",
        "half a chunked body",
        "several requests",
        "too many requests",
        "before the body",
    ],
)
def test_whoever_leaves_is_no_error(left: RunningServer, sent: bytes, reset: bool) -> None:
    before = len(left.output)
    for _ in range(5):
        connection = left.connect()
        if reset:
            at_once = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        connection.sendall(sent)
        connection.close()
    left.client.get("/v1/models", headers={"X-Request-ID": f"after-{before}"})
    left.log_of(f"after-{before}")
    records = [json.loads(line) for line in left.output[before:]]
    messages = [one["message"] for one in records if one["level"] in ("error", "critical")]
    assert messages == []
    assert [one["message"] for one in records if "exception" in one] == []
