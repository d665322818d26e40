"""The server's hold on its fork server: starts it, orders workers of it, hears how they end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from faceveil.confinement.walls import Walls
from faceveil.pool.duty import Plan
from faceveil.pool.frames import BROKEN, END, ENDED, HIRE, framed, receive, take

INHERITED = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "TZ")
"""Variables that it gets of the server's. None of ours, for some of these are secrets."""


_COMMAND = (sys.executable, "-P", "-m", "faceveil.pool.forkserver")


class ForkServer:
    """A fork server that runs, or did."""

    def __init__(self, plan: Plan) -> None:
        """Starts it; it begins to load.

        Raises:
            OSError: if no process can be started.
        """
        self._control, theirs = socket.socketpair()
        self._received = bytearray()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    [*_COMMAND, str(theirs.fileno())],
                    env=_environment(os.environ, sys.path),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # Ctrl-C is the server's
                )
            self._control.sendall(framed(json.dumps(asdict(plan)).encode()))
        except OSError:
            self._control.close()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until_loaded(self, failures: Sequence[type[Exception]]) -> Walls:
        """Blocks until it has loaded; returns the walls that stand around its workers.

        Args:
            failures: raised anew, with its text, where loading raised it.

        Raises:
            ChildProcessError: if it died, or loading raised anything else.
        """
        try:
            message = receive(self._control)
        except (EOFError, ConnectionError):
            raise ChildProcessError("The workers could not be started.") from None
        if message[:1] == BROKEN:
            name, text = json.loads(message[1:])
            for kind in failures:
                if kind.__name__ == name:
                    raise kind(text)
            raise ChildProcessError(f"The workers could not be started: {name}: {text}")
        walls: Walls = json.loads(message[1:])
        return walls

    def listen(self, ended: Callable[[int, int | None], None], gone: Callable[[], None]) -> None:
        """Has the loop that runs tell what happens.

        Args:
            ended: called with the number of a worker that ended, and the signal that ended it.
            gone: called once, when the fork server has ended.
        """
        loop = asyncio.get_running_loop()
        self._control.setblocking(False)

        def hear() -> None:
            try:
                heard = self._control.recv(2**16)
            except BlockingIOError:
                return
            except OSError:
                heard = b""
            self._received += heard
            while (message := take(self._received)) is not None:
                if message[:1] == ENDED:
                    ended(*json.loads(message[1:]))
            if not heard:
                loop.remove_reader(self._control)
                gone()

        loop.add_reader(self._control, hear)

    def fork(self, number: int, slot: int) -> socket.socket:
        """Orders a worker; returns our end of its socket.

        Raises:
            OSError: if it cannot be ordered now.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [_order(HIRE, number, slot)], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        ours.setblocking(False)
        return ours

    def end(self, number: int) -> None:
        """Has a worker ended at once, unless it has ended already; raises OSError as `fork`."""
        self._control.sendall(_order(END, number, 0))

    async def close(self) -> None:
        """Lets it go, and waits until it has ended with its workers."""
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        await asyncio.to_thread(self._process.wait)

    def kill(self) -> None:
        """Ends it at once, where it has not ended."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._control.close()


def _order(kind: bytes, number: int, slot: int) -> bytes:
    return kind + number.to_bytes(4) + bytes([slot])


def _environment(ours: Mapping[str, str], path: Sequence[str]) -> dict[str, str]:
    inherited = {name: ours[name] for name in INHERITED if name in ours}
    places = [os.path.abspath(place) for place in path]  # noqa: PTH100 - '' is this folder
    # Threads of a linear algebra library would not live through a fork.
    return {**inherited, "PYTHONPATH": os.pathsep.join(places), "OPENBLAS_NUM_THREADS": "1"}
