"""A server's life: from its start to its first answer, and what it holds after many requests.

Memory is of all its processes together.
"""

from pathlib import Path

from benchmarks.form import FORM
from benchmarks.serving import process
from benchmarks.serving.load import post
from benchmarks.serving.pictures import Album, form
from benchmarks.serving.plan import Plan
from benchmarks.serving.servers import faceveil, running
from benchmarks.serving.spread import Spread
from benchmarks.serving.table import table


def start_table(album: Album, folder: Path, plan: Plan) -> str:
    """Seconds to the first answer with a face, and memory then."""
    body = form([album.scene(640, 480)])
    ready, rss, pss = [], [], []
    for _ in range(plan.repeats):
        with running(faceveil(folder / "start"), body) as server:
            ready.append(server.ready_s)
            held = process.memory(server.pid)
            rss.append(held.rss)
            pss.append(held.pss)
    return table(
        ["start to the first face answered, s", "RSS after it, MB", "PSS after it, MB"],
        [[Spread.of(ready).shown(), Spread.of(rss).shown(0), Spread.of(pss).shown(0)]],
    )


def soak_table(album: Album, folder: Path, plan: Plan) -> str:
    """Memory while requests of changing shape come in, 16 at a time."""
    bodies = []
    for number, picture in enumerate(album.shapes(plan.shapes)):
        body = folder / f"shape-{number}.form"
        body.write_bytes(form([picture]))
        bodies.append(body)
    rows, answered, failed = [], 0, 0
    with running(faceveil(folder / "soak"), bodies[0].read_bytes()) as server:
        slice_s = max(1.0, plan.seconds * 4)
        while True:
            held = process.memory(server.pid)
            peak = process.peak_rss(server.pid)
            cells = [f"{held.rss:.1f}", f"{held.pss:.1f}", f"{peak:.1f}"]
            rows.append([str(answered), *cells, str(failed)])
            if answered >= plan.soak:
                break
            load = post(server.url, bodies, FORM, connections=16, seconds=slice_s)
            answered += load.requests
            failed += load.not_200 + load.unanswered
    return table(["requests so far", "RSS MB", "PSS MB", "peak RSS MB", "not 200"], rows)
