"""A database that is gone, or that answers no more: told, waited for, and outlived."""

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from faceveil.access import keys
from faceveil.access.door import REMEMBERED_S
from faceveil.access.keys import Scope
from faceveil.store.database import open_database
from tests.databases import environment, keeping_settings, postgres_database
from tests.running import PATIENCE_S, RunningServer, running_server

ABSENT = "fv_0123456789ab_0123456789012345678901234567890123456789012"


class Line:
    """A line to PostgreSQL that can be cut, or go dead."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._passing = threading.Event()
        self._passing.set()
        self._cut = self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._ended:
            with contextlib.suppress(OSError):
                ours, _ = self._listener.accept()
                if self._cut:
                    ours.close()
                    continue
                theirs = socket.create_connection(self._server)
                with self._lock:
                    self._pairs.append((ours, theirs))
                threading.Thread(target=self._pass, args=(ours, theirs), daemon=True).start()

    def _pass(self, ours: socket.socket, theirs: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                for one in select.select([ours, theirs], [], [], 1)[0]:
                    data = one.recv(65536)
                    self._passing.wait()
                    if not data:
                        raise OSError
                    (theirs if one is ours else ours).sendall(data)
        ours.close()
        theirs.close()

    def die(self) -> None:
        """Passes nothing on any more; nobody is told."""
        self._passing.clear()

    def cut(self) -> None:
        """Closes what there is, and lets nobody in."""
        self._cut = True
        with self._lock:
            for pair in self._pairs:
                for one in pair:
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
            self._pairs.clear()

    def mend(self) -> None:
        """Passes on again."""
        self._cut = False
        self._passing.set()

    def close(self) -> None:
        """Ends it."""
        self._ended = True
        self.mend()
        self.cut()
        self._listener.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, Line, str]]:
    """A server, the line to its database, and a key."""
    state: Path = tmp_path_factory.mktemp("state")
    with postgres_database() as url:
        settings = keeping_settings(state, url)
        database = open_database(settings)
        with database.write() as connection:
            scopes = frozenset({Scope.anonymize})
            _, key = keys.create(connection, name="app", scopes=scopes)
        database.close()
        parsed = make_url(url)
        line = Line(parsed.host or "127.0.0.1", parsed.port or 5432)
        through = parsed.set(host="127.0.0.1", port=line.port).render_as_string(False)
        variables = environment(keeping_settings(state, through))
        try:
            with running_server(state, variables | {"FACEVEIL_SERVER__STOP_S": "1"}) as server:
                yield server, line, key
                line.mend()
        finally:
            line.close()


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("fault", [Line.cut, Line.die])
def test_without_its_database_it_answers_those_it_knows_and_says_what_it_lacks(
    served: tuple[RunningServer, Line, str], fault: Callable[[Line], None], face_jpeg: bytes
) -> None:
    server, line, key = served
    client = server.client

    def ask(key: str) -> int:
        headers = {"X-API-Key": key}
        answer = client.post("/v1/anonymize", files={"image": face_jpeg}, headers=headers)
        return answer.status_code

    _until(lambda: client.get("/readyz").status_code == 200)
    _until(lambda: ask(key) == 200)
    fault(line)
    _until(lambda: client.get("/readyz").status_code == 503)
    assert client.get("/readyz").json()["reason"] == "store-away"
    assert client.get("/healthz").status_code == 200
    time.sleep(REMEMBERED_S)  # from now on, every key must be looked up
    assert ask(key) == 200
    refused = client.get("/v1/models", headers={"X-API-Key": ABSENT})
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    line.mend()
    _until(lambda: client.get("/readyz").status_code == 200)
    _until(lambda: ask(ABSENT) == 401)
    server.said("the store does not answer")
    records = [json.loads(one) for one in server.output if one.startswith("{")]
    causes = [one["cause"] for one in records if one["message"] == "the store does not answer"]
    assert len(causes) == len(set(causes))  # each is logged once
