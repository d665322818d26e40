"""What a process and its children cost, on Linux."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in megabytes (10^6 bytes).

    Attributes:
        rss: sum over the processes; pages that they share count in each.
        pss: the same with each shared page divided among those that share it.
    """

    rss: float
    pss: float


def tree(root: int) -> list[psutil.Process]:
    """The process and all that descend from it; none where it has ended."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    return []


def cpu_seconds(root: int) -> float:
    """CPU time, user and system, of the process and its children; ended ones count too.

    Counted in the kernel's ticks, a hundredth of a second mostly.
    """
    total = 0.0
    for process in tree(root):
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            spent = process.cpu_times()
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def memory(root: int) -> Memory:
    """Resident memory of the process and its children now.

    Processes that hide their memory from this user count with their resident pages in both.
    """
    rss = pss = 0
    for process in tree(root):
        with contextlib.suppress(psutil.Error):
            try:
                used = process.memory_full_info()
                rss, pss = rss + used.rss, pss + used.pss
            except psutil.AccessDenied:
                hidden = process.memory_info().rss
                rss, pss = rss + hidden, pss + hidden
    return Memory(rss / 1e6, pss / 1e6)


def peak_rss(root: int) -> float:
    """The most megabytes that the process and its children had resident, each at its own time."""
    peaks = [
        int(line.split()[1])
        for process in tree(root)
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ]
    return sum(peaks) * 1024 / 1e6
