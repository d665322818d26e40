"""Sends broken inputs of every kind to a real server; every answer must be a success or a refusal.

    python -m benchmarks.reliability.fuzz --count 20000 --seed 13

A kind, a seed and a number make an input again, byte for byte:

    python -m benchmarks.reliability.fuzz --kind png --seed 13 --first 1723 --count 1

Inputs are drawn or made up, so what fails may be written down: into .fuzz, as it was sent.
"""

import itertools
import json
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from benchmarks.reliability.inputs import KINDS, kinds_in_turn, make
from benchmarks.reliability.served import keyed_server, records
from benchmarks.reliability.wire import UNANSWERED, Answer, HangError, Wire
from benchmarks.serving.environments import ROOT
from benchmarks.serving.table import table
from tests.running import RunningServer

COUNT = 20_000
SEED = 13
HANG_S = 45.0
"""Seconds after which an answer counts as never coming; the service's own deadlines are shorter."""

_CLIENTS = 300
_SHORT = {"FACEVEIL_LIMITS__BODY_SECONDS": "1", "FACEVEIL_LIMITS__HEAD_SECONDS": "1"}
"""For requests that were cut: nobody sends the rest."""


@dataclass(slots=True)
class Findings:
    """What came of it.

    Attributes:
        answers: by kind, how often each status.
        slowest_s: by kind, the longest that an answer took.
        costly: by kind, how many took more time or memory than one may.
        faults: kind, number and what is wrong.
    """

    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    slowest_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    costly: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, int, str]] = field(default_factory=list)

    def table(self) -> str:
        """A row a kind, a column a status."""
        statuses = sorted({status for counts in self.answers.values() for status in counts})
        head = ["kind", "inputs", *(str(one) if one else "closed" for one in statuses)]
        rows = [
            [
                *(kind, f"{counts.total():,}"),
                *(f"{counts[status]:,}" for status in statuses),
                *(str(self.costly[kind]), f"{self.slowest_s[kind]:.2f}"),
            ]
            for kind, counts in ((kind, self.answers[kind]) for kind in KINDS)
            if counts
        ]
        return table([*head, "too costly", "slowest s"], rows)


class Fuzzer:
    """Sends inputs over a few connections.

    Args:
        server: that is tried.
        keys: of its clients.
        seed: of the inputs.
        failures: folder for what fails.
    """

    def __init__(
        self, server: RunningServer, keys: Sequence[str], seed: int, failures: Path
    ) -> None:
        self._server, self._seed, self._failures = server, seed, failures
        self._keys = itertools.cycle(keys)
        self._lock = threading.Lock()
        self.findings = Findings()

    def run(self, inputs: Iterator[tuple[str, int]], connections: int, progress: Progress) -> None:
        """Sends all of them, and looks at the server afterwards."""
        bar = progress.add_task("inputs", total=None)

        def work() -> None:
            wire = Wire(self._server.host, self._server.port, HANG_S)
            key = self._next_key()
            while (one := self._next(inputs)) is not None and self._server.process.poll() is None:
                if self._send(*one, wire, key).slug == "picture-too-costly":
                    key = self._next_key()  # this client has to wait from now on
                progress.advance(bar)
            wire.close()

        with ThreadPoolExecutor(connections) as threads:
            for done in [threads.submit(work) for _ in range(connections)]:
                done.result()
        self._look_at_the_server()

    def _next(self, inputs: Iterator[tuple[str, int]]) -> tuple[str, int] | None:
        with self._lock:
            return next(inputs, None)

    def _next_key(self) -> str:
        with self._lock:
            return next(self._keys)

    def _send(self, kind: str, number: int, wire: Wire, key: str) -> Answer:
        one = make(kind, self._seed, number)
        data = one.written(key)
        if one.raw is not None:
            wire.close()  # it may be no request, or more than one
        began = time.perf_counter()
        try:
            answer = wire.ask(data, one.method if one.raw is None else _method(data))
            fault = answer.fault()
            if answer.status == UNANSWERED and KINDS[kind].any_end:
                fault = None
        except HangError:
            answer, fault = Answer(), "no answer in time"
        except OSError as problem:
            answer, fault = Answer(), f"no connection: {problem}"
        if one.raw is not None:
            wire.close()
        with self._lock:
            self._note(kind, number, answer, time.perf_counter() - began)
            if fault:
                self._fail(kind, number, fault, data)
        return answer

    def _note(self, kind: str, number: int, answer: Answer, took_s: float) -> None:
        found = self.findings
        found.answers[kind][answer.status] += 1
        found.slowest_s[kind] = max(found.slowest_s[kind], took_s)
        found.costly[kind] += answer.slug in ("picture-too-costly", "file-too-costly")

    def _fail(self, kind: str, number: int, fault: str, data: bytes) -> None:
        self.findings.faults.append((kind, number, fault))
        self._failures.mkdir(exist_ok=True)
        path = self._failures / f"{kind}-seed{self._seed}-{number}"
        path.with_suffix(".request").write_bytes(data)
        again = (
            f"python -m benchmarks.reliability.fuzz --kind {kind} --seed {self._seed} "
            f"--first {number} --count 1"
        )
        record = {
            "kind": kind,
            "seed": self._seed,
            "number": number,
            "fault": fault,
            "again": again,
        }
        path.with_suffix(".json").write_text(json.dumps(record, indent=1))

    def _look_at_the_server(self) -> None:
        faults = self.findings.faults
        if self._server.process.poll() is not None:
            faults.append(("server", 0, f"it ended with {self._server.process.returncode}"))
            return
        ready = self._server.client.get("/readyz").status_code
        if ready != 200:
            faults.append(("server", 0, f"readyz answers {ready}"))
        errors = [record for record in records(self._server) if record["level"] == "error"]
        faults += [("server", 0, f"in its log: {json.dumps(record)}") for record in errors[:10]]


def _method(data: bytes) -> str:
    return data.lstrip()[:4].decode("latin-1")


def numbered(kinds: Iterator[str], count: int, first: int) -> Iterator[tuple[str, int]]:
    """Kinds with a number each, which counts within its kind."""
    numbers = defaultdict[str, Iterator[int]](lambda: itertools.count(first))
    for kind in itertools.islice(kinds, count):
        yield kind, next(numbers[kind])


def main(
    count: Annotated[int, typer.Option(min=1, help="Inputs, of all kinds together.")] = COUNT,
    seed: Annotated[int, typer.Option(help="Equal ones send equal inputs.")] = SEED,
    kind: Annotated[
        list[str] | None, typer.Option(help=f"Only this one; may be repeated: {', '.join(KINDS)}.")
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="Number of each kind's first input.")] = 0,
    connections: Annotated[int, typer.Option(min=1, max=64, help="At a time.")] = 6,
    failures: Annotated[Path, typer.Option(help="Folder for what fails.")] = ROOT / ".fuzz",
) -> None:
    """Send broken inputs to a real server on this machine, and see that it refuses them well."""
    if unknown := set(kind or ()) - set(KINDS):
        raise typer.BadParameter(f"{', '.join(unknown)} is none of {', '.join(KINDS)}.")
    inputs = numbered(kinds_in_turn(seed, kind or list(KINDS)), count, first)
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        keyed_server(Path(folder), _CLIENTS, _SHORT) as (server, keys),
        Progress(transient=True) as progress,
    ):
        fuzzer = Fuzzer(server, keys, seed, failures)
        fuzzer.run(inputs, connections, progress)
    found = fuzzer.findings
    took = time.perf_counter() - began
    print(found.table())
    print(f"\n{count:,} inputs, seed {seed}, {took:.0f} s: {len(found.faults)} faults")
    for name, number, fault in found.faults[:50]:
        print(f"  {name} {number}: {fault}")
    if found.faults:
        print(f"\nWhat failed is in {failures}.")
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
