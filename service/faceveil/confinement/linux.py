"""System calls of Linux that Python has no function for."""

import ctypes
import os
import sys

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
_CAPABILITY_VERSION_3 = 0x20080522

HERE = sys.platform == "linux"
"""Whether this is Linux. Elsewhere every call below raises OSError."""

_libc = ctypes.CDLL(None, use_errno=True) if HERE else None


def system_call(number: int, *arguments: object) -> int:
    """Makes a system call.

    Args:
        number: of the call, on this architecture.
        arguments: integers, pointers, or None.

    Raises:
        OSError: if it fails.
    """
    return _called("syscall", number, *arguments)


def prctl(option: int, *arguments: object) -> None:
    """Changes a trait of this process (prctl(2)).

    Raises:
        OSError: if it fails.
    """
    _called("prctl", option, *arguments, *[0] * (4 - len(arguments)))


def unshare(flags: int) -> None:
    """Leaves namespaces for new ones (unshare(2)).

    Raises:
        OSError: if it fails.
    """
    _called("unshare", flags)


def drop_capabilities() -> None:
    """Gives up all that root may do beyond other users (capset(2)).

    Raises:
        OSError: if it fails.
    """
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _called("capset", header, nothing)


def _called(name: str, *arguments: object) -> int:
    if _libc is None:
        raise OSError(f"{name} is a call of Linux")
    result: int = getattr(_libc, name)(
        *(ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
    )
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
