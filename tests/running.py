"""The real server, as a user starts it: a process of its own, spoken to over TCP."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from faceveil.installation import MODELS
from faceveil.model.bundle import find_bundle, read_card

_CARD = read_card(find_bundle(MODELS, "faceveil"))
MADE = {"model": _CARD.name, "version": _CARD.version, "level": _CARD.default_level}
"""What embeddings are said to be made by that are sent to a server with the shipped model."""
DIMENSION = _CARD.dimension
"""Of these."""

COMMAND = Path(sys.executable).with_name("faceveil")
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that listens.

    Attributes:
        host: its address.
        port: its port.
        client: speaks HTTP with it.
        output: the lines of its standard error so far.
        process: the server's own.
    """

    host: str
    port: int
    client: httpx2.Client
    output: list[str]
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def connect(self) -> socket.socket:
        """A bare connection, for requests that no HTTP client would send."""
        return socket.create_connection((self.host, self.port), timeout=PATIENCE_S)

    def said(self, words: str) -> str:
        """The first line with these words; waits for it, as the log is written behind the work."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for line in self.output:
                if words in line:
                    return line
            time.sleep(0.01)
        raise TimeoutError(f"the server never said {words!r}: {self.output}")

    def log_of(self, request_id: str) -> list[dict[str, Any]]:
        """The log's records of a request; waits for the one that ends it."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            records = [json.loads(line) for line in self.output if line.startswith("{")]
            mine = [record for record in records if record.get("request_id") == request_id]
            if any(record["message"] == "request" for record in mine):
                return mine
            time.sleep(0.01)
        raise TimeoutError(f"the log never told of {request_id}")


Observer = Callable[[RunningServer], contextlib.AbstractContextManager[None]]

OBSERVERS: list[Observer] = []
"""What goes along with every server while it runs, as `make attacks` does to measure them."""


@contextlib.contextmanager
def running_server(
    state: Path, settings: Mapping[str, str], before: Sequence[str] = ()
) -> Iterator[RunningServer]:
    """Starts `faceveil serve` on a free port; stops it as an operator would, with SIGTERM.

    Args:
        state: folder for what it keeps.
        settings: variables besides those that are there.
        before: a command that runs it, such as one that takes rights from it.
    """
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*before, COMMAND, "serve", "--port", "0"],
        env={**os.environ, **settings, "FACEVEIL_STATE_DIRECTORY": str(state)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    output: list[str] = []
    greeted = threading.Event()

    def read() -> None:
        assert process.stderr
        for line in process.stderr:
            output.append(line.rstrip("\n"))
            if line.startswith("  try"):
                greeted.set()
        greeted.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert greeted.wait(PATIENCE_S), output
        found = re.search(r"^FaceVeil answers at http://([\d.]+):(\d+)$", "\n".join(output), re.M)
        assert found, output
        host, port = found[1], int(found[2])
        with httpx2.Client(base_url=f"http://{host}:{port}", timeout=PATIENCE_S) as client:
            server = RunningServer(host, port, client, output, process)
            with contextlib.ExitStack() as observed:
                for observer in OBSERVERS:
                    observed.enter_context(observer(server))
                yield server
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()
            reader.join()
            assert process.stderr
            process.stderr.close()
