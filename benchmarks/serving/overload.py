"""Four times the load that the server can carry: who waits how long, and who is told to go."""

from pathlib import Path

from benchmarks.form import FORM
from benchmarks.serving.load import Load, post
from benchmarks.serving.pictures import Album, form
from benchmarks.serving.plan import Plan
from benchmarks.serving.servers import faceveil, running
from benchmarks.serving.spread import quantile
from benchmarks.serving.table import table
from faceveil.settings import Settings

TIMES = 4
_CONNECTIONS = 160


def overload_table(album: Album, folder: Path, plan: Plan) -> str:
    """What came of it, beside the bound: places in the queue times the time of one request."""
    body = folder / "overload.form"
    body.write_bytes(form([album.scene(640, 480)]))
    places = Settings.model_construct().engine.queue
    rows = []
    with running(faceveil(folder / "overload"), body.read_bytes()) as server:
        for _ in range(plan.repeats):
            carried = post(server.url, [body], FORM, connections=16, seconds=plan.seconds)
            period = _CONNECTIONS / (TIMES * carried.a_second) * 1000
            load = post(
                server.url,
                [body],
                FORM,
                connections=_CONNECTIONS,
                seconds=plan.seconds * 2,
                period_ms=period,
            )
            rows.append(_row(carried, load, places))
    return table(
        [
            *("carried, requests/s", "offered, requests/s", "accepted/s", "accepted p50, p99 ms"),
            *("bound: queue x service time, ms", "refused", "refused p50, p99 ms"),
            *("without Retry-After", "unanswered"),
        ],
        rows,
    )


def _row(carried: Load, load: Load, places: int) -> list[str]:
    accepted, refused = load.accepted_ms, load.refused_ms
    return [
        f"{carried.a_second:.0f}",
        f"{load.requests / load.seconds:.0f}",
        f"{len(accepted) / load.seconds:.0f}",
        f"{quantile(accepted, 0.5):.0f}, {quantile(accepted, 0.99):.0f}",
        f"{places / carried.a_second * 1000:.0f}",
        str(len(refused)),
        f"{quantile(refused, 0.5):.1f}, {quantile(refused, 0.99):.1f}",
        str(load.silent),
        str(load.unanswered),
    ]
