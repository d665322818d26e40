"""Measures the service on this machine, beside its own work and beside other servers.

    python -m benchmarks.serving --output docs/figures/performance.md

FACEVEIL_DATA names a folder of data sets, where real faces are wanted. Needs Linux and wrk.
"""

import os
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.serving.load import generator
from benchmarks.serving.pictures import Album
from benchmarks.serving.plan import FULL, QUICK
from benchmarks.serving.report import write
from benchmarks.serving.table import replace_block


def main(
    output: Annotated[
        Path | None, typer.Option(help="Document whose block is written; without it, print.")
    ] = None,
    quick: Annotated[
        bool, typer.Option(help="Everything once and short, no peers: its figures mean nothing.")
    ] = False,
    peers: Annotated[bool, typer.Option(help="Whether other servers are measured.")] = True,
    repeats: Annotated[int | None, typer.Option(help="Of everything.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="Of one load.", min=1)] = None,
    note: Annotated[str, typer.Option(help="A sentence for the conditions.")] = "",
) -> None:
    """Measure speed and memory of the service."""
    plan = QUICK if quick else FULL
    plan = replace(
        plan,
        peers=plan.peers and peers,
        repeats=repeats or plan.repeats,
        seconds=seconds or plan.seconds,
    )
    # At SIGTERM it unwinds, and so stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    generator()  # before minutes are spent
    data = os.environ.get("FACEVEIL_DATA")
    with tempfile.TemporaryDirectory() as folder:
        block = write(Album(Path(data) if data else None), Path(folder), plan, note)
    if output:
        replace_block(output, block)
    else:
        print(block)


if __name__ == "__main__":
    typer.run(main)
