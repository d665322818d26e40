"""Heads without end: refused early, whatever of the request it is that never ends."""

import json
import threading
from collections.abc import Iterator

import pytest

from tests.attacks.memory import peak_mb
from tests.attacks.scale import scaled
from tests.running import PATIENCE_S, RunningServer, running_server

SENT = scaled(10, 100) * 2**20
HEAD_SECONDS = 1.0
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = (
    b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that waits for a head only as long as a test can."""
    limits = {"FACEVEIL_LIMITS__HEAD_SECONDS": str(HEAD_SECONDS)}
    with running_server(tmp_path_factory.mktemp("hasty"), limits) as server:
        yield server
    assert not [line for line in server.output if '"level": "error"' in line]


def _exchange(server: RunningServer, start: bytes, endless: bytes, size: int = SENT) -> bytes:
    """Sends the start, then as many bytes without end; returns what is answered until the end."""
    answer = bytearray()
    with server.connect() as connection:

        def read() -> None:
            try:
                while piece := connection.recv(65536):
                    answer.extend(piece)
            except OSError:
                pass

        reader = threading.Thread(target=read)
        reader.start()
        try:
            connection.sendall(start)
            piece = endless * (65536 // len(endless) + 1)
            for _ in range(size // len(piece)):
                connection.sendall(piece)
        except OSError:
            pass  # it does not listen any more
        reader.join(PATIENCE_S)
        assert not reader.is_alive(), "the connection was left open"
    return bytes(answer)


def _told(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert b"content-type: application/problem+json" in head.lower()
    problem: dict[str, object] = json.loads(body)
    return problem


@pytest.mark.parametrize(
    ("start", "endless", "status", "slug"),
    [
        (GET, b"a: b\r\n", 431, "head-too-large"),
        (GET + b"a: ", b"b", 431, "head-too-large"),
        (GET, b"a", 431, "head-too-large"),
        (b"GET /", b"a", 431, "head-too-large"),
        (b"GET /healthz?", b"a=%20&", 431, "head-too-large"),
        (POST + b"1;", b"a", 400, "malformed-request"),
        (POST + b"1\r\na\r\n0\r\n", b"a: b\r\n", 400, "malformed-request"),
        (POST + b"1\r\na\r\n0\r\na: ", b"b", 400, "malformed-request"),
        (POST, b"1\r\na\r\n", 400, "malformed-request"),
    ],
    ids=[
        "headers",
        "a header's value",
        "a header's name",
        "the path",
        "the query",
        "a chunk's extension",
        "trailers",
        "a trailer's value",
        "tiny chunks",
    ],
)
def test_what_never_ends_is_refused_early_and_takes_no_memory(
    hasty: RunningServer, start: bytes, endless: bytes, status: int, slug: str
) -> None:
    before = peak_mb(hasty.process.pid)
    answer = _exchange(hasty, start, endless)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:100]
    problem = _told(answer)
    assert problem["type"] == f"urn:faceveil:problem:{slug}"
    assert peak_mb(hasty.process.pid) < before + 8
    assert hasty.client.get("/healthz").status_code == 200


def test_a_head_may_be_as_long_as_is_said_and_no_longer(hasty: RunningServer) -> None:
    fits = hasty.client.get("/healthz", headers={"X-Long": "a" * (32 * 2**10 - 500)})
    assert fits.status_code == 200
    assert hasty.client.get("/healthz", headers={"X-Long": "a" * 2**15}).status_code == 431
    many = {f"x-{number}": "1" for number in range(101)}
    assert hasty.client.get("/healthz", headers=many).status_code == 431


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", GET, GET + b"X-Slow: "])
def test_a_head_that_is_not_whole_in_time_is_cut(hasty: RunningServer, sent: bytes) -> None:
    with hasty.connect() as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    if sent:
        assert _told(answer)["type"] == "urn:faceveil:problem:head-timeout"
    else:
        assert answer == b""


def test_a_head_that_drips_is_cut_on_a_connection_that_was_used_before(
    hasty: RunningServer,
) -> None:
    with hasty.connect() as connection:
        connection.sendall(GET + b"\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(65536)
        connection.settimeout(0.05)
        answer = b""
        for byte in GET + b"X-Slow: " + b"a" * 400:
            try:
                connection.sendall(bytes([byte]))
                answer += connection.recv(65536)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_trailers_are_no_headers_of_the_request(hasty: RunningServer) -> None:
    with hasty.connect() as connection:
        connection.sendall(POST + b"4\r\nnone\r\n0\r\nX-Request-ID: of-a-trailer\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b"of-a-trailer" not in answer


def test_a_client_that_stacks_requests_without_reading_is_cut(hasty: RunningServer) -> None:
    slow = b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    before = peak_mb(hasty.process.pid)
    with hasty.connect() as connection:
        try:
            connection.sendall(slow + b"Content-Length: 4\r\n\r\nnone" + (GET + b"\r\n") * 100_000)
            while connection.recv(65536):
                pass
        except OSError:
            pass
    assert peak_mb(hasty.process.pid) < before + 16
    assert hasty.client.get("/healthz").status_code == 200


def test_pipelined_requests_are_answered_in_their_order(hasty: RunningServer) -> None:
    with hasty.connect() as connection:
        ids = [b"first", b"second", b"third"]
        heads = [GET + b"X-Request-ID: %s\r\n" % id_ for id_ in ids]
        connection.sendall(b"\r\n".join(heads) + b"Connection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [answer.index(id_) for id_ in ids] == sorted(answer.index(id_) for id_ in ids)
