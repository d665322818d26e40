"""How a process that meets strangers' files is shut in, once all that it needs is loaded.

What is left to it is the memory that it has, some more, and one socket. A kernel may lack some of
the walls, so each is tried, and those that stand are reported.
"""

import contextlib
import os
import resource
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from faceveil.confinement.landlock import forbid_all_access
from faceveil.confinement.linux import (
    CLONE_NEWNET,
    CLONE_NEWUSER,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    drop_capabilities,
    prctl,
    unshare,
)
from faceveil.confinement.seccomp import forbid_system_calls

Walls = dict[str, bool]
"""Which walls stand, by name: `privileges`, `landlock`, `limits`, `seccomp`, `network`."""

Wanted = Literal["required", "if-possible"]
"""Whether strangers' files are read at all where one of these is lacking."""

_NEEDED = ("privileges", "landlock", "limits", "seccomp")
"""Without an own network namespace, which needs privileges, seccomp still refuses every socket."""

_CONNECTION = 3
"""The only descriptor that is left beside the three standard ones."""


def lacking(walls: Walls) -> list[str]:
    """Those that are needed and do not stand."""
    return [name for name in _NEEDED if not walls.get(name)]


def leave_the_network() -> bool:
    """Moves this process, and those that it will fork, into a network that is empty.

    Only root may, or whoever may have a user namespace; the process must have one thread.

    Returns:
        whether that went well.
    """
    for flags in (CLONE_NEWNET, CLONE_NEWNET | CLONE_NEWUSER):
        with contextlib.suppress(OSError):
            unshare(flags)
            return True
    return False


def hide_memory() -> None:
    """Keeps this process's memory out of core files and from other processes of its user.

    Pictures, embeddings and keys would be in either. Where the system has no such thing, nothing
    happens.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        prctl(PR_SET_DUMPABLE, 0)


def keep_only(connection: socket.socket) -> socket.socket:
    """Closes every descriptor but this one; the standard ones lead to the null device.

    Returns:
        the same connection, at another number.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(_CONNECTION):
        os.dup2(null, standard)
    moved = os.dup2(connection.detach(), _CONNECTION)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - of open descriptors
        if int(name) > _CONNECTION:
            with contextlib.suppress(OSError):  # the one that listed them is closed already
                os.close(int(name))
    return socket.socket(fileno=moved)


def shut_in() -> Walls:
    """Takes this process's powers and every file that it has not open, for ever.

    Returns:
        the walls that stand.
    """
    return {
        "privileges": _succeeded(_give_up_privileges),
        "landlock": _succeeded(forbid_all_access),
    }


def confine(memory_bytes: int, *, seccomp: bool = True, threads: bool = False) -> Walls:
    """Shuts this process in and bounds what is left: memory, descriptors, processes, system calls.

    Args:
        memory_bytes: that it may map beyond what it has mapped now.
        seccomp: whether to have a list of system calls too.
        threads: whether it may start threads; processes it may start in no case, of which
            seccomp alone then sees to it.

    Returns:
        the walls that stand, without the network's, which `leave_the_network` puts up.
    """
    mapped = _mapped_bytes()  # while a file can still be read
    walls = shut_in()
    limited = mapped is not None and _succeeded(partial(_limit, mapped + memory_bytes, threads))
    listed = seccomp and _succeeded(partial(forbid_system_calls, threads=threads))
    return {**walls, "limits": limited and (listed or not threads), "seccomp": listed}


def _mapped_bytes() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return None
    return pages * resource.getpagesize()


def _give_up_privileges() -> None:
    hide_memory()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    drop_capabilities()


def _limit(memory_bytes: int, threads: bool) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if not threads:  # which count as processes
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_CONNECTION + 1, _CONNECTION + 1))


def _succeeded(step: Callable[[], None]) -> bool:
    try:
        step()
    except (OSError, ValueError):
        return False
    return True
