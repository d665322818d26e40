"""Servers as processes of their own: how each is started, asked whether it answers, and stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from benchmarks.form import FORM
from benchmarks.serving.environments import ROOT, environment, pinned

PATIENCE_S = 60.0
_PEERS = "benchmarks.serving.peers"


@dataclass(frozen=True, slots=True)
class Server:
    """How to start a server.

    Attributes:
        name: as it stands in tables.
        path: of the route that reads one image.
        command: of a port; the command line.
        settings: environment variables besides those that are there.
        root: folder that it is started in, and whose modules it loads.
    """

    name: str
    path: str
    command: Callable[[int], list[str]]
    settings: Mapping[str, str] = field(default_factory=dict)
    root: Path = ROOT


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes:
        server: how it was started.
        address: where it answers, as the beginning of a URL.
        pid: of its first process.
        ready_s: from its start to its first answer with a face.
    """

    server: Server
    address: str
    pid: int
    ready_s: float

    @property
    def url(self) -> str:
        """Of the route that reads one image."""
        return self.address + self.server.path


def faceveil(
    state: Path,
    settings: Mapping[str, str] | None = None,
    root: Path = ROOT,
    name: str = "FaceVeil",
) -> Server:
    """This service, as `faceveil serve` starts it.

    Args:
        state: folder for what it keeps.
        settings: FACEVEIL_... variables.
        root: the checkout to run.
        name: as it stands in tables.
    """
    return Server(
        name,
        "/v1/anonymize",
        lambda port: [sys.executable, "-m", "faceveil.cli", "serve", "--port", str(port)],
        {"FACEVEIL_STATE_DIRECTORY": str(state), **(settings or {})},
        root,
    )


def peers() -> list[Server]:
    """The other servers, each with its own environment, made where it is not there yet."""
    lit, bento, plain = map(environment, ("litserve", "bentoml", "plain_fastapi"))
    host = ("--host", "127.0.0.1", "--port")
    return [
        Server(
            f"LitServe {pinned('litserve', 'litserve')}",
            "/predict",
            lambda port: [str(lit), "-m", f"{_PEERS}.litserve_app", str(port)],
        ),
        Server(
            f"BentoML {pinned('bentoml', 'bentoml')}",
            "/predict",
            lambda port: [
                *(str(bento.with_name("bentoml")), "serve", f"{_PEERS}.bentoml_app:Face"),
                *(*host, str(port)),
            ],
            {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(bento.parents[1] / "home")},
        ),
        Server(
            f"plain FastAPI {pinned('plain_fastapi', 'fastapi')}",
            "/predict",
            lambda port: [
                *(str(plain), "-m", "uvicorn", f"{_PEERS}.plain_fastapi:app"),
                *(*host, str(port)),
            ],
        ),
    ]


@contextlib.contextmanager
def running(server: Server, body: bytes, content_type: str = FORM) -> Iterator[Running]:
    """Starts a server, waits until it has answered a request, and stops it at the end.

    Args:
        server: which.
        body: a request that it can answer.
        content_type: of the body.

    Raises:
        RuntimeError: if it never answers.
    """
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        server.command(port),
        cwd=server.root,
        env={
            **os.environ,
            **server.settings,
            "PYTHONPATH": f"{server.root / 'service'}:{server.root}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # its children are stopped with it
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for_answer(process, server, address + server.path, body, content_type)
        yield Running(server, address, process.pid, time.perf_counter() - started)
    finally:
        _stop(process)


def _wait_for_answer(
    process: subprocess.Popen[bytes], server: Server, url: str, body: bytes, content_type: str
) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx2.post(
                url, content=body, headers={"Content-Type": content_type}, timeout=PATIENCE_S
            ).raise_for_status()
            return
        except httpx2.HTTPError:
            time.sleep(0.01)
    raise RuntimeError(f"{server.name} never answered")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(15)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
