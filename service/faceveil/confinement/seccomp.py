"""A list of the system calls that a reader needs; the kernel refuses it all others.

Source: Linux kernel, Documentation/userspace-api/seccomp_filter.rst; the numbers are those of
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import ctypes
import errno
import platform
from dataclasses import dataclass

from faceveil.confinement.linux import prctl

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_KILL_PROCESS, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_LOAD_WORD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32
"""Offsets in `struct seccomp_data`; of the argument, its lower half."""
_PROT_EXEC = 4


@dataclass(frozen=True, slots=True)
class _Architecture:
    """What the filter must know of a processor.

    Attributes:
        audit: the kernel's word for it; calls by another ABI end the process.
        calls: allowed whatever their arguments.
        mapping: `mmap` and `mprotect`: allowed as long as the memory cannot be executed.
    """

    audit: int
    calls: dict[str, int]
    mapping: tuple[int, int]


# Nothing here opens, makes, sends a signal or starts anything. `read` and `write` reach the
# descriptors that were left: the socket to the server, and the null device.
_ARCHITECTURES = {
    "x86_64": _Architecture(
        0xC000003E,
        {
            **{"read": 0, "write": 1, "close": 3, "poll": 7, "munmap": 11, "brk": 12},
            **{"rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25},
            **{"madvise": 28, "nanosleep": 35, "setitimer": 38, "getpid": 39, "sendto": 44},
            **{"recvfrom": 45, "exit": 60, "gettimeofday": 96, "getrusage": 98},
            **{"sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202},
            **{"restart_syscall": 219, "clock_gettime": 228, "clock_nanosleep": 230},
            **{"exit_group": 231, "getrandom": 318, "rseq": 334},
        },
        (9, 10),
    ),
    "aarch64": _Architecture(
        0xC00000B7,
        {
            **{"read": 63, "write": 64, "close": 57, "ppoll": 73, "munmap": 215, "brk": 214},
            **{"rt_sigprocmask": 135, "rt_sigreturn": 139, "sched_yield": 124, "mremap": 216},
            **{"madvise": 233, "nanosleep": 101, "setitimer": 103, "getpid": 172, "sendto": 206},
            **{"recvfrom": 207, "exit": 93, "gettimeofday": 169, "getrusage": 165},
            **{"sigaltstack": 132, "gettid": 178, "futex": 98, "restart_syscall": 128},
            **{"clock_gettime": 113, "clock_nanosleep": 115, "exit_group": 94},
            **{"getrandom": 278, "rseq": 293},
        },
        (222, 226),
    ),
}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def forbid_system_calls() -> None:
    """Has the kernel refuse this process every system call that a reader does not need, for ever.

    Raises:
        OSError: if the kernel has no seccomp filters, new privileges are still possible, or we have
            no list for this architecture.
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise OSError(f"no list of system calls for {platform.machine()}")
    listed = _instructions(architecture)
    array = (_Instruction * len(listed))(*(_Instruction(*one) for one in listed))
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Program(len(listed), array)))


def _instructions(architecture: _Architecture) -> list[tuple[int, int, int, int]]:
    """The filter, in classic BPF. Its last three instructions are its three ends."""
    refuse, allow = (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)
    program = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _NUMBER),
    ]
    compared = [*architecture.mapping, *architecture.calls.values()]
    for place, number in enumerate(compared):
        to_refuse = len(compared) - place - 1
        to_allow, to_mapping = to_refuse + 1, to_refuse + 2
        found = to_mapping if number in architecture.mapping else to_allow
        program.append((_EQUAL, found, 0, number))
    mapping = [(_LOAD_WORD, 0, 0, _THIRD_ARGUMENT), (_ANY_BIT, 0, 1, _PROT_EXEC)]
    return [*program, refuse, allow, *mapping, refuse, allow]
