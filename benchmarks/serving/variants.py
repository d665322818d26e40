"""What a request costs the server in other forms: batches, other formats, with storing."""

from pathlib import Path

from benchmarks.form import FORM
from benchmarks.serving import process
from benchmarks.serving.load import post
from benchmarks.serving.pictures import Album, form
from benchmarks.serving.plan import Plan
from benchmarks.serving.servers import Running, faceveil, running
from benchmarks.serving.spread import Spread
from benchmarks.serving.table import table

_SETTINGS = {
    "FACEVEIL_LIMITS__BATCH_IMAGES": "256",
    "FACEVEIL_STORE__RETENTION_DAYS": "1",
    "FACEVEIL_AUDIT__OWN_WORKER": "false",
}


def variants_table(album: Album, folder: Path, plan: Plan) -> str:
    """CPU time of the server for an image, one connection, 640x480 JPEG."""
    picture = album.scene(640, 480)
    one, stored, raw = folder / "one.form", folder / "stored.form", folder / "one.jpg"
    one.write_bytes(form([picture]))
    stored.write_bytes(form([picture], subject="somebody"))
    raw.write_bytes(picture.data)
    rows = []
    with running(faceveil(folder / "stored", _SETTINGS), one.read_bytes()) as server:
        for name, query, body, kind in (
            ("form, embedding as numbers", "", one, FORM),
            ("form, embedding as base64", "?embedding_format=base64", one, FORM),
            ("form, stored", "?store=true", stored, FORM),
            ("raw body", "", raw, picture.kind),
        ):
            rows.append([name, "1", *_cells(server, query, body, kind, plan, 1)])
        for count in plan.batches:
            batch = folder / f"{count}.form"
            batch.write_bytes(form([picture] * count))
            cells = _cells(server, "/batch", batch, FORM, plan, count)
            rows.append(["batch", str(count), *cells])
    head = ["request", "images", "CPU ms an image", "median ms an image", "not 200"]
    return table(head, rows)


def _cells(
    server: Running, query: str, body: Path, kind: str, plan: Plan, images: int
) -> list[str]:
    spent, took, failed = [], [], 0
    for _ in range(plan.repeats):
        before = process.cpu_seconds(server.pid)
        load = post(server.url + query, [body], kind, connections=1, seconds=plan.seconds)
        cpu = process.cpu_seconds(server.pid) - before
        spent.append(cpu * 1000 / max(load.requests, 1) / images)
        took.append(load.p50_ms / images)
        failed += load.not_200 + load.unanswered
    return [Spread.of(spent).shown(), Spread.of(took).shown(), str(failed)]
