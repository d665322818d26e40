"""A PostgreSQL of its own, which may be stopped without anybody else noticing."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.servers import free_port

_PLACES = Path("/usr/lib/postgresql")
_USER = "postgres"


def programs() -> Path | None:
    """Folder of the newest PostgreSQL's programs here, or None."""
    found = sorted(_PLACES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    there = str(found[-1]) if found else shutil.which("initdb")
    return Path(there).parent if there else None


@dataclass(frozen=True, slots=True)
class Postgres:
    """One that runs, or is stopped.

    Attributes:
        folder: of its data and its socket.
        port: on loopback.
    """

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Of its database."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts it; returns when it answers.

        Raises:
            subprocess.CalledProcessError: if it does not start.
        """
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port}"
        options += f" -c unix_socket_directories={self.folder}"
        _run("pg_ctl", "start", "-w", *self._place, "-l", self.folder / "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stops it; `immediate` is as if it crashed."""
        _run("pg_ctl", "stop", "-w", *self._place, "-m", mode)

    @property
    def _place(self) -> tuple[str, Path]:
        return "-D", self.folder / "data"


@contextlib.contextmanager
def own_postgres() -> Iterator[Postgres]:
    """One that is new and empty, and runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(folder, user.pw_uid, user.pw_gid)
        _run("initdb", "-D", folder / "data", "-A", "trust", "-U", _USER)
        cluster = Postgres(folder, free_port())
        cluster.start()
        try:
            yield cluster
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                cluster.stop("immediate")


def _run(program: str, *arguments: str | Path) -> None:
    there = programs()
    assert there
    # It refuses to run as root.
    before: Sequence[str] = ("runuser", "-u", _USER, "--") if os.geteuid() == 0 else ()
    subprocess.run(  # noqa: S603 - our own command line
        [*before, there / program, *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL
    )
