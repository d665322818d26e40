"""A reader that was taken over: it tries to get out, and says how far it came."""

import ctypes
import json
import os
import resource
import signal
import socket
from collections.abc import Callable
from typing import Any

from faceveil.pool.duty import Ask

_libc = ctypes.CDLL(None, use_errno=True)


def _called(name: str, *arguments: Any) -> None:
    if getattr(_libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def _execute_memory() -> None:
    _libc.mmap.restype = ctypes.c_void_p
    if _libc.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_long(0)) == 2**64 - 1:
        raise OSError(ctypes.get_errno(), "mmap")


ESCAPES: dict[str, Callable[[int, str], Any]] = {
    "open a file": lambda _, __: os.open("/etc/passwd", os.O_RDONLY),
    "write a file": lambda _, path: os.open(path, os.O_WRONLY | os.O_CREAT),
    "connect to a port": lambda _, __: socket.socket().connect(("127.0.0.1", 9)),
    "make a socket pair": lambda _, __: socket.socketpair(),
    "fork": lambda _, __: os.fork() or os._exit(0),
    "execute": lambda _, __: os.execv("/bin/true", ["true"]),  # noqa: S606
    "execute memory": lambda _, __: _execute_memory(),
    "trace the server": lambda pid, _: _called("ptrace", 16, pid, 0, 0),
    "read the server's memory": lambda pid, _: _called("process_vm_readv", pid, 0, 0, 0, 0, 0),
    "read the server's environment": lambda pid, _: os.open(f"/proc/{pid}/environ", os.O_RDONLY),
    "open the server's memory": lambda pid, _: os.open(f"/proc/{pid}/mem", os.O_RDWR),
    "signal the server": lambda pid, _: os.kill(pid, 0),
    "signal its parent": lambda _, __: os.kill(os.getppid(), signal.SIGKILL),
    "raise its limits": lambda _, __: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
    "catch the timer": lambda _, __: signal.signal(signal.SIGPROF, signal.SIG_IGN),
    "become another user": lambda _, __: os.setuid(12345),
}


class Escapes:
    """Tries each."""

    def do(self, job: list[Any], ask: Ask) -> bytes:
        """Tries an escape of ESCAPES by its name; tells whether it was refused."""
        name, pid, path = job
        if name == "tell without end":
            return b"[" + b" " * 20_000_000
        try:
            ESCAPES[name](pid, path)
        except (OSError, ValueError) as refusal:  # setrlimit has it as a ValueError
            return json.dumps([type(refusal).__name__]).encode()
        return json.dumps(["escaped"]).encode()

    def rehearse(self) -> None:
        """Has all that it needs."""


def load() -> Escapes:
    """A duty that is none."""
    return Escapes()
