"""How many processors this process may really use."""

import os
from pathlib import Path


def usable_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Whole processors that affinity and the container's quota allow, at least 1.

    The quota is read from `cpu.max` of cgroup v2 (Linux kernel, Documentation/admin-guide/
    cgroup-v2.rst, "CPU Interface Files"): microseconds of CPU time a period, or "max".
    """
    affinity = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return affinity
    if quota == "max":
        return affinity
    return max(1, min(affinity, int(quota) // int(period)))
