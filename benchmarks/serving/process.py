"""What a process and its children cost, read from /proc (Linux, proc(5))."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in megabytes (10^6 bytes).

    Attributes:
        rss: sum over the processes; pages that they share count in each.
        pss: the same with each shared page divided among those that share it.
    """

    rss: float
    pss: float


def tree(root: int, proc: Path = PROC) -> list[int]:
    """The process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in proc.iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(stat_fields(entry)[1])
            except OSError:
                continue  # it ended meanwhile
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(root: int, proc: Path = PROC) -> float:
    """CPU time, user and system, of the process and its children; ended ones count too.

    Counted in the kernel's ticks, a hundredth of a second mostly.
    """
    ticks = 0
    for pid in tree(root, proc):
        try:
            fields = stat_fields(proc / str(pid))
        except OSError:
            continue
        ticks += sum(int(fields[index]) for index in (11, 12, 13, 14))
    return ticks / TICKS_A_SECOND


def memory(root: int, proc: Path = PROC) -> Memory:
    """Resident memory of the process and its children now.

    Processes that hide their memory from this user count with their resident pages in both.
    """
    rss = pss = 0
    for pid in tree(root, proc):
        try:
            rolled_up = (proc / str(pid) / "smaps_rollup").read_text()
        except PermissionError:
            hidden = _resident_kb(proc / str(pid))
            rss, pss = rss + hidden, pss + hidden
            continue
        except OSError:
            continue
        sizes = {
            line.split(":")[0]: int(line.split()[1])
            for line in rolled_up.splitlines()
            if line.endswith(" kB")
        }
        rss += sizes["Rss"]
        pss += sizes["Pss"]
    return Memory(rss * 1024 / 1e6, pss * 1024 / 1e6)


def peak_rss(root: int, proc: Path = PROC) -> float:
    """The most megabytes that the process and its children had resident, each at its own time."""
    peaks = [
        int(line.split()[1])
        for pid in tree(root, proc)
        for line in (proc / str(pid) / "status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ]
    return sum(peaks) * 1024 / 1e6


def _resident_kb(folder: Path) -> int:
    try:
        pages = int((folder / "statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def stat_fields(folder: Path) -> list[str]:
    """The fields of a process's `stat` from its state on: the name before may hold anything."""
    return (folder / "stat").read_text().rpartition(")")[2].split()
