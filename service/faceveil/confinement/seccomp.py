"""A list of the system calls that a reader needs; the kernel refuses it all others.

Source: Linux kernel, Documentation/userspace-api/seccomp_filter.rst; the numbers are those of
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from faceveil.confinement.linux import prctl

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_KILL_PROCESS, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_LOAD_WORD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32
"""Offsets in `struct seccomp_data`; of the arguments, their lower halves."""
_PROT_EXEC, _CLONE_THREAD = 4, 0x10000

_REFUSED, _ALLOWED = (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)
_ABSENT = (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
_IF_NOT_EXECUTABLE = [
    *((_LOAD_WORD, 0, 0, _THIRD_ARGUMENT), (_ANY_BIT, 0, 1, _PROT_EXEC)),
    *(_REFUSED, _ALLOWED),
]
_IF_A_THREAD = [
    *((_LOAD_WORD, 0, 0, _FIRST_ARGUMENT), (_ANY_BIT, 0, 1, _CLONE_THREAD)),
    *(_ALLOWED, _REFUSED),
]

_Instructions = list[tuple[int, int, int, int]]
"""Code, instructions to pass over if true, if false, operand (`struct sock_filter`)."""


@dataclass(frozen=True, slots=True)
class _Architecture:
    """What the filter must know of a processor.

    Attributes:
        audit: the kernel's word for it; calls by another ABI end the process.
        calls: allowed whatever their arguments.
        mapping: `mmap` and `mprotect`: allowed as long as the memory cannot be executed.
        clone: allowed for a thread, where threads are.
    """

    audit: int
    calls: dict[str, int]
    mapping: tuple[int, int]
    clone: int


_CLONE3 = 435
"""On every architecture. Its flags lie in memory, where no filter can read them: it is said to be
absent, and the C library calls `clone`."""

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
        56,
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
        220,
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.c_char_p))


def forbid_system_calls(*, threads: bool = False) -> None:
    """Has the kernel refuse this process every system call that a reader does not need, for ever.

    Args:
        threads: whether it may start threads; processes it may start in no case.

    Raises:
        OSError: if the kernel has no seccomp filters, new privileges are still possible, or we have
            no list for this architecture.
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise OSError(f"no list of system calls for {platform.machine()}")
    listed = _filter(architecture, threads)
    program = _Program(len(listed), b"".join(struct.pack("=HBBI", *one) for one in listed))
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program))


def _filter(architecture: _Architecture, threads: bool) -> _Instructions:
    """In classic BPF: the call's number is compared with each, and what becomes of it follows."""
    fates: list[tuple[_Instructions, Iterable[int]]] = [
        ([_REFUSED], ()),
        ([_ALLOWED], architecture.calls.values()),
        (_IF_NOT_EXECUTABLE, architecture.mapping),
    ]
    if threads:
        fates += [(_IF_A_THREAD, [architecture.clone]), ([_ABSENT], [_CLONE3])]
    starts, program = dict[int, int](), _Instructions()
    for fate, numbers in fates:
        starts |= dict.fromkeys(numbers, len(program))
        program += fate
    return [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _NUMBER),
        *(
            (_EQUAL, len(starts) - place + start, 0, number)
            for place, (number, start) in enumerate(starts.items(), start=1)
        ),
        *program,
    ]
