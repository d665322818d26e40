"""The fork server: the process that loads what the work needs, and from then on only forks.

What it loaded lies in memory once for all workers, and a new one is there within milliseconds. It
never meets an image. It is no fork of the server but a program of its own,
`python -m faceveil.pool.forkserver DESCRIPTOR`: its memory lies elsewhere and holds nothing of
the server's.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from faceveil.confinement.walls import Walls, hide_memory, lacking, leave_the_network
from faceveil.pool.duty import Duty, Plan
from faceveil.pool.frames import BROKEN, END, ENDED, HIRE, LOADED, framed, receive
from faceveil.pool.worker import live

NICENESS = 5
"""Of the workers, so that the server beside them on the same cores hands out and refuses at once;
audits are nicer still."""

ORDER_BYTES = 6
"""An order: a kind, the worker's number in four bytes, its slot in one."""

PATIENCE_S = 60.0
"""That workers have for the job in hand once the server is gone."""


class _ConfinementError(Exception):
    """The workers cannot be confined as is required, or cannot work then."""


class Forker:
    """Forks workers, ends them, and tells how each ended, until the server is gone: the program."""

    def __init__(self, control: socket.socket, plan: Plan) -> None:
        """Takes the socket over which the server orders, and what is to be done."""
        self._control = control
        self._plan = plan
        self._walls: Walls = {}
        self._workers: dict[int, int] = {}
        self._woken, waking = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waking, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking)

    def load(self) -> None:
        """Loads the duty and tries it in a confined process; tells the server how it went."""
        try:
            self._walls = {"network": leave_the_network()}
            module, function = self._plan.load.split(":")
            self._duty: Duty = getattr(importlib.import_module(module), function)(
                **self._plan.needs
            )
            self._duty.rehearse()
            self._walls |= self._try_out()
        except Exception as error:
            message = [type(error).__name__, str(error)]
            self._control.sendall(framed(BROKEN + json.dumps(message).encode()))
            sys.exit(1)
        os.nice(NICENESS)
        gc.collect()
        gc.freeze()  # a collection would write to every page, and so part them
        self._control.sendall(framed(LOADED + json.dumps(self._walls).encode()))

    def serve(self) -> None:
        """Follows orders until the server is gone, then sees the workers end."""
        gone_at = None
        while gone_at is None or (self._workers and time.monotonic() < gone_at + PATIENCE_S):
            watched: list[Any] = [self._woken, self._control] if gone_at is None else [self._woken]
            ready = select.select(watched, [], [], None if gone_at is None else 1.0)[0]
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            if self._control in ready and not self._follow():
                gone_at = time.monotonic()
            self._bury()
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)

    def _follow(self) -> bool:
        """Follows one order; whether there was one."""
        try:
            order, descriptors, *_ = socket.recv_fds(self._control, ORDER_BYTES, 1)
        except ConnectionError:
            return False
        if len(order) < ORDER_BYTES:
            return False
        number, slot = int.from_bytes(order[1:5]), order[5]
        if order[:1] == HIRE and descriptors:
            # Where it cannot be forked, the server sees the socket end, and asks again.
            with socket.socket(fileno=descriptors[0]) as connection, contextlib.suppress(OSError):
                self._workers[self._fork(connection, slot)] = number
        elif order[:1] == END:
            for pid, worker in self._workers.items():
                if worker == number:
                    os.kill(pid, signal.SIGKILL)
        return True

    def _fork(self, connection: socket.socket, slot: int, walls: Walls | None = None) -> int:
        pid = os.fork()
        if not pid:
            promised, first = walls or self._walls, walls is not None
            live(connection, self._duty, self._plan, slot, promised, first)
        return pid

    def _bury(self) -> None:
        """Tells of every worker that ended."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                number = self._workers.pop(pid, None)
                by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
                if number is not None:
                    with contextlib.suppress(OSError):
                        message = json.dumps([number, by]).encode()
                        self._control.sendall(framed(ENDED + message))

    def _try_out(self) -> Walls:
        """Has a process work behind the walls that the workers will have; returns these.

        Raises:
            _ConfinementError: if it cannot, or some are lacking that are required.
        """
        walls = None
        for seccomp in (True, False):
            # A C library that makes other calls than we know of would be of no use behind seccomp.
            walls = self._tried(seccomp)
            if walls is not None:
                break
        if walls is None:
            raise _ConfinementError(
                "The readers cannot work within their bounds. FACEVEIL_ENGINE__MEMORY_BYTES may be "
                "too little."
            )
        missing = lacking(walls)
        if missing and self._plan.confinement == "required":
            raise _ConfinementError(
                f"The readers cannot be confined here as is required: {', '.join(missing)} cannot "
                "be had. A newer kernel has all; FACEVEIL_ENGINE__CONFINEMENT=if-possible does "
                "with less."
            )
        return walls

    def _tried(self, seccomp: bool) -> Walls | None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            pid = self._fork(theirs, 0, {"seccomp": seccomp})
            theirs.close()
            try:
                walls: Walls = json.loads(receive(ours))
            except EOFError:
                return None
            finally:
                os.waitpid(pid, 0)
        return walls


def main(descriptor: int) -> None:
    """Runs the fork server on the socket that the server left at this descriptor."""
    # What ends the server ends its sockets, and these the workers, after the work in hand.
    # A terminal and some supervisors send these to all of the group.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
    hide_memory()
    control = socket.socket(fileno=descriptor)
    with contextlib.suppress(EOFError, ConnectionError):  # where the server stopped meanwhile
        forker = Forker(control, Plan(**json.loads(receive(control))))
        forker.load()
        forker.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
