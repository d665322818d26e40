"""The bare work in a loop, without HTTP: what a server of this pipeline can at most reach.

    python -m benchmarks.serving.limit FILE THREADS SECONDS

prints how many images a second, and the CPU time of one in milliseconds.
"""

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.serving.environments import ROOT
from benchmarks.serving.peers.pipeline import MOST_PIXELS, Pipeline
from faceveil.vision.crops import find_crops


@dataclass(frozen=True, slots=True)
class Limit:
    """What the loop reached.

    Attributes:
        a_second: images read.
        cpu_ms: CPU time of one image.
    """

    a_second: float
    cpu_ms: float


def measure(file: Path, *, threads: int = 1, processes: int = 1, seconds: float) -> Limit:
    """Runs the loop in processes of their own.

    Args:
        file: an image.
        threads: in each process.
        processes: side by side.
        seconds: how long.
    """
    command = [
        *(sys.executable, "-m", "benchmarks.serving.limit"),
        *(str(file), str(threads), str(seconds)),
    ]
    started = [
        subprocess.Popen(  # noqa: S603 - our own command line
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    limits = [Limit(**json.loads(process.communicate()[0])) for process in started]
    cpu_ms = sum(limit.cpu_ms for limit in limits) / len(limits)
    return Limit(sum(limit.a_second for limit in limits), cpu_ms)


def loop(data: bytes, threads: int, seconds: float) -> Limit:
    """Decodes, detects, aligns and infers, over and over, on some threads of this process."""
    pipeline = Pipeline()
    geometry = pipeline.filter.card.crop

    def one() -> None:
        crops = find_crops(data, pipeline.detector, geometry, max_pixels=MOST_PIXELS)
        pipeline.infer([face.crop for face in crops.faces])

    for _ in range(20):
        one()
    counts = [0] * threads
    cpu, began = time.process_time(), time.perf_counter()

    def work(index: int) -> None:
        while time.perf_counter() - began < seconds:
            one()
            counts[index] += 1

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    return Limit(sum(counts) / took, spent / sum(counts) * 1000)


if __name__ == "__main__":
    found = loop(Path(sys.argv[1]).read_bytes(), int(sys.argv[2]), float(sys.argv[3]))
    print(json.dumps(asdict(found)))
