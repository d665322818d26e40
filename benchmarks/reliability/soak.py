"""Holds 80 % of the load that the server carries, for minutes or hours, and sees whether it grows.

    python -m benchmarks.reliability.soak
    python -m benchmarks.reliability.soak --minutes 60

Fails where an answer is a 5xx or missing, or where memory, descriptors or threads grow: where
their median over the last third of the time lies above that of the second third by more than is
tolerated. The first third is left out, since caches fill then.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.reliability.load import Answers, Clients, Mix
from benchmarks.reliability.served import keyed_server
from benchmarks.reliability.watch import Held, held
from benchmarks.serving.spread import quantile

SHARE = 0.8
SEED = 13
TOLERATED_SHARE, TOLERATED_MB = 0.03, 4.0
"""Memory that may come, of what there was and at least: an allocator's noise."""
TOLERATED_DESCRIPTORS = 8

_SAMPLE_S = 1.0


def growth(samples: Sequence[Held]) -> list[str]:
    """What grew from the second third of the samples to the last, in words; empty where nothing.

    Raises:
        ValueError: if there are fewer than three samples.
    """
    third = len(samples) // 3
    if not third:
        raise ValueError("three samples at least")
    middle, last = samples[-2 * third : -third], samples[-third:]

    def medians(of: Callable[[Held], float]) -> tuple[float, float]:
        return statistics.median(map(of, middle)), statistics.median(map(of, last))

    grown = []
    before, after = medians(lambda one: one.pss)
    if after > before + max(TOLERATED_MB, TOLERATED_SHARE * before):
        grown.append(f"memory grew from {before:.1f} to {after:.1f} MB")
    before, after = medians(lambda one: one.descriptors)
    if after > before + TOLERATED_DESCRIPTORS:
        grown.append(f"open descriptors grew from {before:.0f} to {after:.0f}")
    before, after = medians(lambda one: one.threads)
    if after > before + TOLERATED_DESCRIPTORS:
        grown.append(f"threads grew from {before:.0f} to {after:.0f}")
    return grown


def _line(at_s: float, answers: Answers, now: Held) -> str:
    took = answers.took_ms
    return (
        f"{at_s:6.0f} s  {answers.statuses.total():7,} requests  "
        f"p50 {quantile(took, 0.5):5.0f} ms  p99 {quantile(took, 0.99):6.0f} ms  "
        f"5xx {answers.faults}  429 {answers.statuses[429]}  PSS {now.pss:6.1f} MB  "
        f"descriptors {now.descriptors:4}  threads {now.threads:3}  processes {now.processes}"
    )


def main(
    minutes: Annotated[float, typer.Option(min=0.05, help="How long.")] = 5.0,
    connections: Annotated[int, typer.Option(min=1, max=256, help="Kept open.")] = 8,
    measure: Annotated[
        float, typer.Option(min=1, help="Seconds in which the full load is measured first.")
    ] = 15.0,
    every: Annotated[float, typer.Option(min=1, help="Seconds between two lines.")] = 30.0,
    pace: Annotated[
        float | None, typer.Option(min=0.1, help="Requests a second, instead of measuring.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is sent.")] = SEED,
) -> None:
    """Hold 80 % of the load that a server on this machine carries, and see whether it grows."""
    with (
        tempfile.TemporaryDirectory() as folder,
        keyed_server(Path(folder), 1, {}) as (server, (key,)),
    ):
        clients = Clients((server.host, server.port), Mix(key), connections, seed)
        clients.run(2)  # whatever is loaded at the first time
        clients.collected()
        faults = 0
        if pace is None:
            clients.run(measure)
            full = clients.collected()
            faults += full.faults
            pace = SHARE * (full.statuses.total() - full.statuses[429]) / measure
            print(
                f"carries {pace / SHARE:.0f} requests/s; holds {pace:.0f} for {minutes:g} minutes"
            )
        load = threading.Thread(target=clients.run, args=(60 * minutes, pace))
        began, samples, total = time.monotonic(), list[Held](), 0
        load.start()
        printed = began
        while load.is_alive():
            load.join(_SAMPLE_S)
            samples.append(held(server.process.pid))
            now = time.monotonic()
            if now - printed >= every or not load.is_alive():
                printed, answers = now, clients.collected()
                faults += answers.faults
                total += answers.statuses.total()
                print(_line(now - began, answers, samples[-1]), flush=True)
    grown = growth(samples)
    print(
        f"{total:,} requests, {faults} of them 5xx or unanswered; "
        + ("; ".join(grown) or "no growth")
    )
    sys.exit(1 if grown or faults else 0)


if __name__ == "__main__":
    typer.run(main)
