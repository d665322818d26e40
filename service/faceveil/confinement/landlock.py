"""No file, no TCP port, no abstract socket, no signal to others: Landlock, with nothing allowed.

Source: Linux kernel, Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h.
"""

import ctypes
import os

from faceveil.confinement.linux import system_call

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same on every architecture
_VERSION = 1

_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""Rights on files that are known from an ABI on: the lowest so many bits."""
_PORT_RIGHTS = {4: 2}
_SCOPES = {6: 2}


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def landlock_version() -> int:
    """The kernel's Landlock ABI; 0 where it has none."""
    try:
        return system_call(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def forbid_all_access() -> None:
    """Denies this process, for ever, whatever the kernel's Landlock knows to deny.

    Raises:
        OSError: if the kernel has no Landlock, or new privileges are still possible.
    """
    version = landlock_version()
    if not version:
        raise OSError("this kernel has no Landlock")
    denied = _Ruleset(*(_bits(rights, version) for rights in (_FILE_RIGHTS, _PORT_RIGHTS, _SCOPES)))
    known = 8 if version < 4 else 16 if version < 6 else 24
    rules = system_call(_CREATE_RULESET, ctypes.byref(denied), known, 0)
    try:
        system_call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _bits(rights: dict[int, int], version: int) -> int:
    return (1 << max((count for since, count in rights.items() if since <= version), default=0)) - 1
