"""Requests a second and latency of each server, in alternation, beside the limit."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.form import FORM
from benchmarks.serving import limit, process
from benchmarks.serving.load import Load, post
from benchmarks.serving.plan import Plan
from benchmarks.serving.servers import Running, Server, running
from benchmarks.serving.spread import Spread, ratios
from benchmarks.serving.table import table


@dataclass(slots=True)
class Side:
    """Repeats of one server at one concurrency."""

    loads: list[Load] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)
    pss: list[float] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """Answers a second, repeat by repeat."""
        return [load.a_second for load in self.loads]

    @property
    def p99s(self) -> list[float]:
        """Milliseconds, repeat by repeat."""
        return [load.p99_ms for load in self.loads]

    def add(self, server: Running, body: Path, connections: int, seconds: float) -> None:
        """Measures once more."""
        before = process.cpu_seconds(server.pid)
        load = post(server.url, [body], FORM, connections=connections, seconds=seconds)
        spent = process.cpu_seconds(server.pid) - before
        held = process.memory(server.pid)
        self.loads.append(load)
        self.cpu_ms.append(spent / max(load.requests - load.not_200, 1) * 1000)
        self.rss.append(held.rss)
        self.pss.append(held.pss)


@dataclass(slots=True)
class Throughput:
    """All servers at all concurrencies, and the limit's loops of the same repeats.

    Attributes:
        sides: by server's name and concurrency.
        limits: by what the loop ran on.
    """

    sides: dict[tuple[str, int], Side] = field(default_factory=dict)
    limits: dict[str, list[limit.Limit]] = field(default_factory=dict)


def measure(servers: Sequence[Server], body: Path, image: Path, plan: Plan) -> Throughput:
    """Measures every server in every repeat, each time in another order.

    Args:
        servers: ours first.
        body: a file with a whole multipart body.
        image: the image file in it.
        plan: how long and how often.
    """
    found = Throughput()
    cores = len(os.sched_getaffinity(0))
    for repeat in range(plan.repeats):
        loops = {
            "one thread": limit.measure(image, seconds=plan.seconds),
            f"{cores} threads": limit.measure(image, threads=cores, seconds=plan.seconds),
            f"{cores} processes": limit.measure(image, processes=cores, seconds=plan.seconds),
        }
        for name, reached in loops.items():
            found.limits.setdefault(name, []).append(reached)
        turned = repeat % len(servers)
        for server in [*servers[turned:], *servers[:turned]]:
            with running(server, body.read_bytes()) as started:
                post(started.url, [body], FORM, connections=4, seconds=1)
                for connections in plan.concurrencies:
                    side = found.sides.setdefault((server.name, connections), Side())
                    side.add(started, body, connections, plan.seconds)
    return found


def limits_table(found: Throughput) -> str:
    """The bare loops."""
    return table(
        ["the bare loop on", "images a second", "CPU ms an image"],
        [
            [
                name,
                Spread.of(one.a_second for one in repeats).shown(0),
                Spread.of(one.cpu_ms for one in repeats).shown(),
            ]
            for name, repeats in found.limits.items()
        ],
    )


def servers_table(found: Throughput) -> str:
    """Every server at every concurrency."""
    rows = []
    for (name, connections), side in found.sides.items():
        loads = side.loads
        rows.append(
            [
                name,
                str(connections),
                Spread.of(side.rates).shown(0),
                Spread.of(load.p50_ms for load in loads).shown(1),
                Spread.of(load.p95_ms for load in loads).shown(1),
                Spread.of(side.p99s).shown(1),
                Spread.of(side.cpu_ms).shown(),
                Spread.of(side.pss).shown(0),
                Spread.of(side.rss).shown(0),
                Spread.of(load.generator_cores for load in loads).shown(3),
                str(sum(load.not_200 + load.unanswered for load in loads)),
            ]
        )
    return table(
        [
            *("server", "connections", "requests/s", "p50 ms", "p95 ms", "p99 ms"),
            *("CPU ms a request", "PSS MB", "RSS MB", "generator, cores", "not 200"),
        ],
        sorted(rows, key=lambda row: int(row[1])),
    )


def ratios_table(found: Throughput, ours: str) -> str:
    """Ours over each peer, repeat by repeat."""
    rows = []
    for (name, connections), theirs in found.sides.items():
        if name == ours:
            continue
        mine = found.sides[ours, connections]
        rows.append(
            [
                name,
                str(connections),
                ratios(mine.rates, theirs.rates).shown(),
                ratios(mine.p99s, theirs.p99s).shown(),
                ratios(mine.pss, theirs.pss).shown(),
            ]
        )
    return table(
        [f"{ours} over", "connections", "requests/s", "p99", "PSS"],
        sorted(rows, key=lambda row: int(row[1])),
    )


def share_table(found: Throughput) -> str:
    """Each server's rate at its busiest as a share of the loops of the same repeat.

    The second figure accounts for the generator: the loop has the cores that it leaves.
    """
    cores = len(os.sched_getaffinity(0))
    rows = []
    for name in dict.fromkeys(name for name, _ in found.sides):
        for loop, repeats in found.limits.items():
            if loop == "one thread":
                continue
            raw, accounted = [], []
            for index, reached in enumerate(repeats):
                busiest = max(
                    (side.loads[index] for (who, _), side in found.sides.items() if who == name),
                    key=lambda load: load.a_second,
                )
                raw.append(busiest.a_second / reached.a_second)
                left = 1 - busiest.generator_cores / cores
                accounted.append(busiest.a_second / (reached.a_second * left))
            rows.append([name, loop, Spread.of(raw).shown(), Spread.of(accounted).shown()])
    return table(
        ["server", "share of the loop on", "as it is", "without the generator's CPU"], rows
    )
