"""The load generator: wrk, compiled, with a script that posts images over kept connections."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("post.lua")
_MARK = "RESULT "
_TIMEOUT_S = 30


class LoadError(Exception):
    """The generator is absent, failed, or printed nothing to read."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load.

    Attributes:
        requests: answered.
        seconds: it lasted.
        p50_ms: median latency, by wrk, which adds what a stalled connection would have sent.
        p95_ms: the same, of 95 in 100.
        p99_ms: the same, of 99 in 100.
        not_200: answers with a status of 400 or more.
        unanswered: connections refused or broken, and answers later than 30 seconds.
        silent: refusals without Retry-After; counted with a period only.
        accepted_ms: latency of each answer 200; with a period only.
        refused_ms: latency of each other answer; with a period only.
        generator_s: CPU time of the generator itself.
    """

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    not_200: int
    unanswered: int
    silent: int
    accepted_ms: list[float]
    refused_ms: list[float]
    generator_s: float

    @property
    def a_second(self) -> float:
        """Images read a second: a refusal is an answer, but no work."""
        return (self.requests - self.not_200) / self.seconds

    @property
    def generator_cores(self) -> float:
        """Cores that the generator itself kept busy."""
        return self.generator_s / self.seconds


def generator() -> str:
    """Where wrk is.

    Raises:
        LoadError: if it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        raise LoadError("The load generator wrk is not installed (Debian: apt-get install wrk).")
    return found


def post(
    url: str,
    bodies: Sequence[Path],
    content_type: str,
    *,
    connections: int,
    seconds: float,
    period_ms: float = 0,
) -> Load:
    """Posts the bodies in turn for a while.

    Args:
        url: where to.
        bodies: files with whole request bodies.
        content_type: of each of them.
        connections: kept open; each waits for its answer before it sends again.
        seconds: how long, in whole seconds for wrk.
        period_ms: from one request of a connection to its next; with 0 it sends at once. With a
            period, every connection has a thread, and latencies come by status.

    Raises:
        LoadError: if the generator cannot be run.
    """
    command = [
        *(generator(), f"-c{connections}", f"-t{connections if period_ms else 1}"),
        *(f"-d{max(1, round(seconds))}s", f"--timeout={_TIMEOUT_S}s", "-s", str(SCRIPT), url),
        *("--", f"{period_ms:g}", content_type, *map(str, bodies)),
    ]
    process = subprocess.Popen(  # noqa: S603 - our own command line
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise LoadError(f"wrk ended with {process.returncode}: {output.strip()[-500:]}")
    return parse(output, used.ru_utime + used.ru_stime)


def parse(output: str, generator_s: float) -> Load:
    """Reads what the script printed.

    Raises:
        LoadError: if there is no result in it.
    """
    for line in output.splitlines():
        if line.startswith(_MARK):
            figures: dict[str, Any] = json.loads(line.removeprefix(_MARK))
            return Load(**figures, generator_s=generator_s)
    raise LoadError(f"wrk told no result: {output.strip()[-500:]}")
