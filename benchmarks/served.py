"""Posts every image of the face sets to a running server and counts the answers that are right.

    faceveil serve &
    python -m benchmarks.served --data FOLDER

An answer is right where it holds exactly one face, a finite embedding, and probabilities that sum
to 1. All faces are asked for, so that a face found twice would show.
"""

import math
import statistics
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from training.data.record import DataError, Record
from training.data.sets import SETS, data_folder

PEOPLE = ("yale", "jaffe", "frl")
COPIES = frozenset({"subject04.sad"})
"""Pixel for pixel another file of its set (Yale's subject04.normal)."""


def main(
    data: Annotated[Path | None, typer.Option(help="Folder of the sets; or FACEVEIL_DATA.")] = None,
    url: Annotated[str, typer.Option(help="Address of the server.")] = "http://127.0.0.1:8000",
) -> None:
    """Post every image of Yale, JAFFE and FRL London to a running server."""
    table = Table("set", "images", "exactly one face", "finite", "sum to 1", "median ms")
    wrong = 0
    try:
        folder = data_folder(data)
        with httpx2.Client(base_url=url, timeout=60) as client:
            for name in PEOPLE:
                records = [r for r in SETS[name].records(folder) if r.identifier not in COPIES]
                row = _row(client, records)
                wrong += sum(len(records) - right for right in row[:3])
                counts = [f"{right} of {len(records)}" for right in row[:3]]
                table.add_row(SETS[name].info.name, str(len(records)), *counts, f"{row[3]:.1f}")
    except (DataError, httpx2.TransportError) as error:
        Console(stderr=True).print(f"{error}\nStart a server first: faceveil serve", style="red")
        sys.exit(2)
    Console().print(table)
    sys.exit(1 if wrong else 0)


def _row(client: httpx2.Client, records: list[Record]) -> tuple[int, int, int, float]:
    one = finite = summed = 0
    took: list[float] = []
    for record in records:
        started = time.perf_counter()
        response = client.post(
            "/v1/anonymize", params={"faces": "all"}, files={"image": record.read()}
        )
        took.append((time.perf_counter() - started) * 1000)
        faces: list[dict[str, Any]] = response.json().get("faces", [])
        one += len(faces) == 1
        finite += len(faces) == 1 and all(map(math.isfinite, faces[0]["embedding"]))
        summed += len(faces) == 1 and math.isclose(
            sum(faces[0]["emotion"]["probabilities"].values()), 1, abs_tol=1e-5
        )
    return one, finite, summed, statistics.median(took)


if __name__ == "__main__":
    typer.run(main)
