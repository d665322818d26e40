"""Faults of what the service stands on: its database, disk, connections, clock and folder."""

import contextlib
import os
import resource
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.form import END, FORM, fields, part
from benchmarks.reliability.stage import BrokenError, NotPossibleError, Stage
from benchmarks.reliability.wire import request
from tests.running import COMMAND, RunningServer
from tests.storing import CROP

_DISK_MB = 32
_AWAY_S = 3.0
_CUTS = 40


def stop_postgres(stage: Stage) -> str:
    """PostgreSQL is stopped and crashed under a server, and comes back."""
    cluster, modes = stage.cluster, ("fast", "immediate")
    assert cluster
    with stage.server() as server, stage.traffic(server) as traffic:
        for number in range(max(2, stage.moments // 2)):
            traffic.until(stage.some())
            cluster.stop(modes[number % 2])
            time.sleep(_AWAY_S)
            cluster.start()
            traffic.until(stage.amount)
    return f"{number + 1} stops of {_AWAY_S:g} s"


def fill_the_disk(stage: Stage) -> str:
    """The disk is full for a while."""
    stage.state.mkdir(exist_ok=True)
    with _small_disk(stage.state) as full, stage.server() as server:
        with stage.traffic(server) as traffic:
            for _ in range(max(2, stage.moments // 3)):
                traffic.until(stage.some())
                refused = stage.ledger.statuses[503]
                with full(server):
                    time.sleep(_AWAY_S)
                    if stage.ledger.statuses[503] == refused:
                        raise BrokenError("a full disk refused nobody")
                traffic.until(stage.amount)
        kind = "file system" if stage.state.is_mount() else "limit of file sizes"
    return f"a full {kind}"


@contextlib.contextmanager
def _small_disk(
    folder: Path,
) -> Iterator[Callable[[RunningServer], contextlib.AbstractContextManager[None]]]:
    """A file system of a few megabytes where one may be mounted; yields what fills it."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "none", str(folder)]
    mounted = not subprocess.run(mount, check=False, capture_output=True).returncode  # noqa: S603
    try:
        yield lambda server: _filled(folder) if mounted else _limited(server, folder)
    finally:
        if mounted:
            copy = shutil.copytree(folder, folder.with_name("copy"))
            subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607
            shutil.copytree(copy, folder, dirs_exist_ok=True)


@contextlib.contextmanager
def _filled(folder: Path) -> Iterator[None]:
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    yield
    filler.unlink()


@contextlib.contextmanager
def _limited(server: RunningServer, folder: Path) -> Iterator[None]:
    """No file of the server's may grow: its writes fail."""
    pid, kind = server.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind)
    largest = max(path.stat().st_size for path in folder.iterdir())
    resource.prlimit(pid, kind, (largest, before[1]))
    yield
    resource.prlimit(pid, kind, before)


def cut_connections(stage: Stage) -> str:
    """Connections end amid the body of a store, closed or reset."""
    cuts = _CUTS * stage.moments
    whole = _store_request()
    with stage.server() as server, stage.traffic(server) as traffic:
        for number in range(cuts):
            with server.connect() as connection:
                if number % 2:  # reset instead of closed
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.sendall(whole[: stage.chance.randrange(len(whole) - 1)])
        traffic.until(stage.amount)
        nobody = server.client.post("/v1/subjects/lookup", json={"subject": "cut off"})
        if nobody.json()["features"]:
            raise BrokenError("half a request was stored")
    return f"{cuts} cuts"


def _store_request() -> bytes:
    image = part("image", CROP, '; filename="a.png"')
    body = fields(store="true", subject="cut off") + image + END
    return request("POST", "/v1/anonymize?aligned=true", {"Content-Type": FORM}, body)


def set_the_clock(stage: Stage) -> str:
    """The clock of the wall goes back and on, by less than the day for which repeats are known."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise NotPossibleError("libfaketime is not installed (Debian: apt-get install faketime)")
    clock = stage.state.parent / "clock"
    clock.write_text("+0\n")
    variables = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    moves = ("-1h", "-12h", "+6h", "+0")
    with stage.server(variables) as server, stage.traffic(server) as traffic:
        for move in moves:
            traffic.until(stage.amount)
            clock.write_text(move + "\n")
            time.sleep(1.5)  # until it is looked at
        traffic.until(stage.amount)
    return f"the clock at {', '.join(moves)}"


def make_the_folder_read_only(stage: Stage) -> str:
    """The state folder and what is in it lose their write bits, and get them back."""
    before: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            raise NotPossibleError("root needs setpriv to be held to a file's mode")
        rights = "-dac_override,-dac_read_search,-fowner"
        before = ["setpriv", f"--bounding-set={rights}"]
    with stage.server(before=before) as server, stage.traffic(server) as traffic:
        for _ in range(max(2, stage.moments // 3)):
            traffic.until(stage.some())
            with _read_only(stage.state):
                time.sleep(_AWAY_S)
            traffic.until(stage.amount)
    with _read_only(stage.state):
        start = subprocess.run(  # noqa: S603 - our own command
            [*before, COMMAND, "serve", "--port", "0"],
            env={**os.environ, "FACEVEIL_STATE_DIRECTORY": str(stage.state)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    if start.returncode != 2 or "Traceback" in start.stderr:
        raise BrokenError(f"a start there ends with {start.returncode}: {start.stderr[-300:]}")
    return "a start there says: " + start.stderr.strip().splitlines()[-1][:120]


@contextlib.contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    paths = [folder, *folder.iterdir()]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        yield
    finally:
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                path.chmod(path.stat().st_mode | 0o200)
