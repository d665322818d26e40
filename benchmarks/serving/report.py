"""The whole run, as the block of Markdown that goes into docs/figures/performance.md."""

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.serving import lifetime, overload, stages, throughput, variants
from benchmarks.serving.pictures import Album, form
from benchmarks.serving.plan import Plan
from benchmarks.serving.servers import faceveil, peers, running

_PACKAGES = ("onnxruntime", "numpy", "pillow", "fastapi", "uvicorn", "pydantic")


def conditions(album: Album, plan: Plan, note: str) -> str:
    """Where, when and with what was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    measured = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {_processor()}, {len(os.sched_getaffinity(0))} "
        f"cores; Linux {platform.release()}; Python {platform.python_version()}, {versions}; "
        f"{album.source}; medians of {plan.repeats} repeats with the least and the most of them in "
        f"brackets; loads of {plan.seconds:g} s by wrk on the same cores; load average before it: "
        f"{load}."
    )
    return f"{measured} {note}".strip()


def sections(album: Album, folder: Path, plan: Plan, note: str) -> Iterator[tuple[str, str]]:
    """Titles and texts, as they are measured."""
    yield "Conditions", conditions(album, plan, note)
    picture = album.scene(640, 480)
    image, body = folder / "image.jpg", folder / "image.form"
    image.write_bytes(picture.data)
    body.write_bytes(form([picture]))
    # With its usual queue it would refuse half of 64 connections; here all are to be answered.
    ours = faceveil(folder / "throughput", {"FACEVEIL_ENGINE__QUEUE": "128"})
    with running(ours, body.read_bytes()):
        pass  # makes the database and the keys, so that no measured start does
    others = peers() if plan.peers else []
    found = throughput.measure([ours, *others], body, image, plan)
    yield "The limit: 640x480 JPEG in a bare loop", throughput.limits_table(found)
    yield "Over HTTP: 640x480 JPEG in a form", throughput.servers_table(found)
    if others:
        yield "Ratios to the peers", throughput.ratios_table(found, ours.name)
    yield "Share of the limit", throughput.share_table(found)
    yield "By stage and picture, CPU ms, one thread", stages.pictures_table(album, plan)
    yield "By number of faces, CPU ms, faces=all", stages.crowds_table(album, plan)
    yield "By model, CPU ms of inference, one thread", stages.models_table(plan)
    yield "By form of the request", variants.variants_table(album, folder, plan)
    yield "Start", lifetime.start_table(album, folder, plan)
    title = f"{overload.TIMES} times the load it can carry"
    yield title, overload.overload_table(album, folder, plan)
    yield "Requests of changing shape", lifetime.soak_table(album, folder, plan)


def write(album: Album, folder: Path, plan: Plan, note: str) -> str:
    """Measures everything; tells on standard error how far it is."""
    parts = []
    for title, text in sections(album, folder, plan, note):
        print(f"\n### {title}\n\n{text}", file=sys.stderr, flush=True)
        parts.append(f"### {title}\n\n{text}")
    return "\n\n".join(parts)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
