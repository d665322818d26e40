"""Injects faults into real servers at work, and counts what they promised and did not keep.

    python -m benchmarks.reliability.faults
    python -m benchmarks.reliability.faults --only fill_the_disk --moments 2

A feature is promised once a client was told its id. Afterwards a well server is asked for all of
them; what was not acknowledged is sent again under the same key, as clients do.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.reliability import kills, surroundings
from benchmarks.reliability.ledger import Verdict
from benchmarks.reliability.postgres import Postgres, own_postgres, programs
from benchmarks.reliability.stage import BrokenError, NotPossibleError, Stage
from benchmarks.serving.table import table

SEED = 13
MOMENTS = 6
AMOUNT = 30

Fault = Callable[[Stage], str]

ON_SQLITE: tuple[Fault, ...] = (
    kills.kill_the_server,
    kills.kill_readers,
    kills.kill_the_fork_server,
    kills.kill_readers_of_files,
    kills.kill_the_worker,
    surroundings.fill_the_disk,
    surroundings.cut_connections,
    surroundings.set_the_clock,
    surroundings.make_the_folder_read_only,
    kills.share_between_two,
)
ON_POSTGRES: tuple[Fault, ...] = (
    kills.kill_the_server,
    kills.kill_the_worker,
    kills.share_between_two,
    surroundings.stop_postgres,
)
"""The others touch no database."""

NAMES = list(dict.fromkeys(fault.__name__ for fault in (*ON_SQLITE, *ON_POSTGRES)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault.

    Attributes:
        name: of the fault, in words.
        database: under it.
        verdict: what became of the promises; None where the fault could not be injected, or where
            another promise was broken.
        note: how often, or what is wrong.
        broken: whether a promise was.
    """

    name: str
    database: str
    verdict: Verdict | None
    note: str
    broken: bool

    @property
    def row(self) -> list[str]:
        """As it stands in the table."""
        figures = map(str, astuple(self.verdict)) if self.verdict else ["-"] * len(fields(Verdict))
        return [self.name, self.database, *figures, self.note]


HEAD = [
    *("fault", "database", "acknowledged", "erased", "lost", "erasures undone", "doubled"),
    *("503 or 429", "other 5xx", ""),
]


def inject(fault: Fault, stage: Stage) -> Outcome:
    """Injects a fault, then settles."""
    words, database = fault.__name__.replace("_", " "), stage.database
    try:
        note = fault(stage)
        verdict = stage.settle()
        return Outcome(words, database, verdict, note, broken=not verdict.kept)
    except NotPossibleError as reason:
        return Outcome(words, database, None, f"not possible here: {reason}", broken=False)
    except (BrokenError, TimeoutError) as problem:
        return Outcome(words, database, None, f"BROKEN: {problem}", broken=True)


def main(
    only: Annotated[
        list[str] | None, typer.Option(help=f"This one; may be repeated: {', '.join(NAMES)}.")
    ] = None,
    moments: Annotated[int, typer.Option(min=1, help="How often each is surroundings.")] = MOMENTS,
    amount: Annotated[
        int, typer.Option(min=1, help="Features that are acknowledged between two of them, about.")
    ] = AMOUNT,
    seed: Annotated[int, typer.Option(help="Of the moments.")] = SEED,
    postgres: Annotated[bool, typer.Option(help="Whether a PostgreSQL of its own is used.")] = True,
) -> None:
    """Inject faults into servers on this machine, and count what they do not keep."""
    if unknown := set(only or ()) - set(NAMES):
        raise typer.BadParameter(f"{', '.join(unknown)} is none of {', '.join(NAMES)}.")
    wanted = set(only or NAMES)
    chance = random.Random(seed)
    began = time.perf_counter()
    rows: list[Outcome] = []

    def go(fault: Fault, cluster: Postgres | None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(Path(folder) / "state", cluster, moments, amount, chance)
            print(f"{fault.__name__}, {stage.database} ...", file=sys.stderr, flush=True)
            rows.append(inject(fault, stage))

    for fault in ON_SQLITE:
        if fault.__name__ in wanted:
            go(fault, None)
    if postgres and programs() is None:
        print("PostgreSQL is not installed here: its faults are left out.", file=sys.stderr)
    elif postgres:
        for fault in ON_POSTGRES:
            if fault.__name__ in wanted:
                with own_postgres() as cluster:
                    go(fault, cluster)
    print(table(HEAD, [outcome.row for outcome in rows]))
    broken = [outcome for outcome in rows if outcome.broken]
    took = time.perf_counter() - began
    print(f"\n{len(rows)} faults, seed {seed}, {took:.0f} s: {len(broken)} broke a promise")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    typer.run(main)
