"""The process that reads one file of features, from its standard input, and ends.

A file may be built to take all memory, or to take over whatever reads it. So it is read by a fresh
process without secrets, connections or files of its own, which the kernel ends where it takes too
much, and keeps from all files, the network and other processes, as far as it can; what it answers
is checked like any stranger's word.
"""

import contextlib
import io
import json
import os
import resource
import sys
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np

from faceveil.confinement.seccomp import forbid_system_calls
from faceveil.confinement.walls import Walls, Wanted, lacking, leave_the_network, shut_in
from faceveil.featurefile import Bounds, Columns, FileError, NotInstalledError, npz, read

MEMORY = 768 * 2**20
"""Bytes of addresses, libraries included."""

CPU_S = 20
"""Seconds of a core."""

NICENESS = 5
_DESCRIPTORS = 32

_SMALLEST: dict[str, Callable[[], bytes]] = {
    ".npz": lambda: npz({"embedding": np.ones((1, 1)), "subject": ["a"]}),
    ".csv": lambda: b"subject,e0\na,1\n",
}

READY = b"+"
"""What it writes before it reads the file: whatever ends it from then on, the file did."""

UNCONFINED = b"-"
"""What it writes instead, and ends, where walls are lacking that are required."""


def confine(suffix: str) -> Walls:
    """Bounds this process for good, before it meets a stranger's bytes.

    Args:
        suffix: kind of the file; for Parquet, Arrow needs a thread, which the kernel counts like a
            process.

    Returns:
        the walls that stand, but for the network's; the limits always do.
    """
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: CPU_S,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _DESCRIPTORS,
    }
    if suffix != ".parquet":
        limits[resource.RLIMIT_NPROC] = 0
    for limit, most in limits.items():
        resource.setrlimit(limit, (most, most))
    os.nice(NICENESS)
    leave_the_network()
    _load(suffix)  # no file can be opened afterwards
    walls = {**shut_in(), "limits": True, "seccomp": False}
    with contextlib.suppress(OSError):  # a kernel may have none, and the other walls stand
        forbid_system_calls(threads=suffix == ".parquet")
        walls["seccomp"] = True
    return walls


def _load(suffix: str) -> None:
    """Loads what reading such a file needs, threads apart: they would not be shut in."""
    if suffix in _SMALLEST:
        read(io.BytesIO(_SMALLEST[suffix]()), suffix)
    elif suffix == ".parquet":
        with contextlib.suppress(ImportError):
            import pyarrow.compute
            import pyarrow.parquet  # noqa: F401

            zoneinfo.ZoneInfo("UTC")


def request_line(suffix: str, bounds: Bounds, chosen: str | None, confinement: Wanted) -> bytes:
    """What stands before the file."""
    members = {"bounds": asdict(bounds), "chosen": chosen, "confinement": confinement}
    return json.dumps({"suffix": suffix, **members}).encode() + b"\n"


def main() -> None:
    """Reads a request and a file, and writes what is in it."""
    answer = sys.stdout.buffer
    request = json.loads(sys.stdin.buffer.readline())
    walls = confine(request["suffix"])
    if request["confinement"] == "required" and lacking(walls):
        answer.write(UNCONFINED)
        return
    answer.write(READY)
    answer.flush()
    data = io.BytesIO(sys.stdin.buffer.read())
    table: bytes | memoryview = b""
    try:
        found = read(data, request["suffix"], Bounds(**request["bounds"]), request["chosen"])
        head, table = _head(found), np.ascontiguousarray(found.embedding).data.cast("B")
    except MemoryError:
        raise  # ends it
    except FileError as problem:
        fault = "extra" if isinstance(problem, NotInstalledError) else "file"
        head = {"fault": fault, "sentence": str(problem)}
    answer.write(json.dumps(head).encode() + b"\n")
    answer.write(table)
    answer.flush()


def _head(found: Columns) -> dict[str, object]:
    return {
        "shape": found.embedding.shape,
        "kind": found.embedding.dtype.str,
        "labels": {name: _coded(column) for name, column in found.labels.items()},
        "dimensions": found.dimensions,
        "ignored": found.ignored,
    }


def _coded(column: Sequence[str | None]) -> dict[str, object]:
    """Each label once, and which of them each row has."""
    codes: dict[str | None, int] = {}
    rows = [codes.setdefault(label, len(codes)) for label in column]
    return {"values": list(codes), "rows": rows}


if __name__ == "__main__":
    main()
