"""Runs the attacks of tests/attacks in their long form, and measures the service under each.

    python -m benchmarks.reliability.attacks
    python -m benchmarks.reliability.attacks -k heads

An attack passes where its test does. Besides, all processes of every server together stay under
1 GB, and no answer is a 5xx; 503, which says that nothing was done, is counted apart.
"""

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from benchmarks.reliability.served import records, statuses
from benchmarks.reliability.watch import Peak
from benchmarks.serving.environments import ROOT
from benchmarks.serving.table import table
from tests import running
from tests.attacks.scale import VARIABLE
from tests.running import RunningServer

MOST_MB = 1000.0
_PLACES = ("tests/attacks", "tests/api/test_bombs.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """A server's life under attack.

    Attributes:
        test: that started it.
        peak_mb: the most that all its processes held at one moment (PSS).
        answers: by status.
        errors: records of its log at level error.
    """

    test: str
    peak_mb: float
    answers: Counter[int]
    errors: int

    @property
    def faults(self) -> int:
        """Answers of 500 and more, but 503."""
        return sum(n for status, n in self.answers.items() if status >= 500 and status != 503)

    @property
    def row(self) -> list[str]:
        """As it stands in the table."""
        words = self.test.removeprefix("tests/").replace("::", ": ")
        counts = [self.answers.total(), self.answers[503], self.faults, self.errors]
        return [words, f"{self.peak_mb:.0f}", *map(str, counts)]


class Observer:
    """Goes along with every server that a test starts."""

    def __init__(self) -> None:
        self.measured: list[Measured] = []

    @contextlib.contextmanager
    def __call__(self, server: RunningServer) -> Iterator[None]:
        """Measures one."""
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0].partition("[")[0]
        peak = Peak()
        try:
            with peak.of(server.process.pid):
                yield
        finally:
            errors = sum(record["level"] == "error" for record in records(server))
            self.measured.append(Measured(test, peak.pss, statuses(server), errors))


def main(
    match: Annotated[
        str, typer.Option("-k", "--match", help="Only attacks whose names match, as pytest's -k.")
    ] = "",
    short: Annotated[bool, typer.Option(help="In the short form, as the tests run them.")] = False,
) -> None:
    """Attack servers on this machine, and measure what they take."""
    if not short:
        os.environ[VARIABLE] = "1"
    observer = Observer()
    running.OBSERVERS.append(observer)
    began = time.perf_counter()
    chosen = ["-k", match] if match else []
    status = pytest.main(["-q", "--rootdir", str(ROOT), *chosen, *(str(ROOT / p) for p in _PLACES)])
    measured = observer.measured
    print(
        table(
            [
                "first attack on it",
                "peak PSS MB",
                "logged answers",
                "503",
                "other 5xx",
                "errors logged",
            ],
            [one.row for one in measured],
        )
    )
    most = max((one.peak_mb for one in measured), default=0.0)
    faults = sum(one.faults for one in measured)
    print(
        f"\n{len(measured)} servers, {time.perf_counter() - began:.0f} s: "
        f"peak memory of a whole service {most:.0f} MB (below {MOST_MB:.0f}), "
        f"{faults} answers of 5xx but 503"
    )
    sys.exit(int(status) or int(most >= MOST_MB or faults > 0))


if __name__ == "__main__":
    typer.run(main)
