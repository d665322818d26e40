"""All attacks at once: whoever asks honestly is answered, and the whole service stays small."""

import contextlib
import io
import threading
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx2
import numpy as np

from benchmarks.reliability.served import keyed_server
from benchmarks.reliability.watch import Peak
from tests.attacks.pictures import PICTURES
from tests.attacks.scale import scaled
from tests.running import DIMENSION, MADE, RunningServer

HONEST = scaled(20, 600)
"""Requests of whoever means no harm, one after the other."""
IDLE = scaled(100, 500)
MOST_MB = 1000
_PATIENCE_S = 120.0

HEAD = b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"


@cache
def _bomb() -> bytes:
    """Arrays each of which is within bounds."""
    packed, label = io.BytesIO(), np.array(["x" * 1024] * 12_000)
    embedding = np.zeros((12_000, DIMENSION), np.float32)
    np.savez_compressed(packed, embedding=embedding, subject=label, session=label)
    return packed.getvalue()


class Attackers:
    """A stranger, and a client with a key, who do all that they can think of until the end."""

    def __init__(self, server: RunningServer, key: str) -> None:
        self._server, self._key = server, key
        self._over = threading.Event()
        self.statuses: Counter[int] = Counter()
        works: list[Callable[[], None]] = [self._head, self._hold, self._bombs, self._guess]
        works += [self._costly] * 4
        self._threads = [threading.Thread(target=self._repeat, args=(work,)) for work in works]

    def __enter__(self) -> "Attackers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError, httpx2.HTTPError):
                work()

    def _head(self) -> None:
        with self._server.connect() as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
            while not self._over.is_set():
                connection.sendall(b"a: b\r\n" * 10_000)

    def _hold(self) -> None:
        """Sockets that say nothing, and bodies that never end."""
        with contextlib.ExitStack() as stack:
            for _ in range(IDLE):
                stack.enter_context(self._server.connect())
            shown = b"X-API-Key: %b\r\nContent-Length: 16000000\r\n\r\n" % self._key.encode()
            for _ in range(10):
                connection = stack.enter_context(self._server.connect())
                connection.sendall(HEAD + shown + bytes(2**20))
            self._over.wait(3)

    def _posting(self, path: str, key: str, **sent: object) -> None:
        url = f"{self._server.client.base_url}{path}"
        headers = {"X-API-Key": key}
        answer = httpx2.post(url, headers=headers, timeout=_PATIENCE_S, **sent)  # type: ignore[arg-type]
        self.statuses[answer.status_code] += 1

    def _bombs(self) -> None:
        self._posting("/v1/features", self._key, files={"file": ("f.npz", _bomb())}, data=MADE)

    def _guess(self) -> None:
        self._posting("/v1/subjects/lookup", f"fv_{'0' * 12}_{'0' * 43}", json={"subject": "a"})

    def _costly(self) -> None:
        for make in PICTURES.values():
            if not self._over.is_set():
                self._posting("/v1/anonymize", self._key, files={"image": _made(make)})


_made = cache(lambda make: make())


def test_all_at_once_refuse_nobody_honest_and_take_less_than_a_gigabyte(
    tmp_path: Path, face_jpeg: bytes
) -> None:
    for make in PICTURES.values():
        _made(make)
    peak = Peak()
    with (
        keyed_server(tmp_path, 2, {}) as (server, (ours, theirs)),
        peak.of(server.process.pid),
    ):
        with Attackers(server, theirs) as attackers:
            headers = {"X-API-Key": ours}
            honest = Counter(
                server.client.post(
                    "/v1/anonymize", files={"image": face_jpeg}, headers=headers
                ).status_code
                for _ in range(HONEST)
            )
        assert server.client.get("/readyz").status_code == 200
    assert honest == {200: HONEST}
    assert attackers.statuses
    assert not [status for status in attackers.statuses if status >= 500]
    assert peak.pss < MOST_MB
