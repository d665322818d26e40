"""What an audit costs, and how often it cries wolf; prints tables.

python -m benchmarks.audit cost --jobs 2      the full ladder on 10,000 x 64 of 100 people
python -m benchmarks.audit shuffled           100 seeded repeats on embeddings that say nothing
python -m benchmarks.audit latency            POSTs to a running server, alone and beside an audit
"""

import argparse
import io
import resource
import statistics
import tempfile
import time
from pathlib import Path

import httpx2
import numpy as np
from PIL import Image

from faceveil import featurefile
from faceveil.audit.case import Options, prepare
from faceveil.audit.features import Features
from faceveil.audit.ladder import conclude, run
from faceveil.audit.offline import audit_file
from faceveil.pool.side_by_side import side_by_side


def _drawn(samples: int, people: int, dimensions: int) -> bytes:
    """An `.npz` file of embeddings that tell the emotion, and a little of the person."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(people), samples // people)
    emotion = rng.integers(7, size=len(subject))
    centres = 0.3 * rng.normal(size=(people, dimensions))
    moods = rng.normal(size=(7, dimensions))
    embedding = centres[subject] + moods[emotion] + rng.normal(size=(len(subject), dimensions))
    return featurefile.npz({"embedding": embedding, "subject": subject, "emotion": emotion})


def cost(jobs: int, samples: int, people: int, dimensions: int) -> None:
    """Time and peak memory of `faceveil audit` with every attacker."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "features.npz"
        file.write_bytes(_drawn(samples, people, dimensions))
        start = time.perf_counter()
        result = audit_file(file, Options(), jobs=jobs)
        minutes = (time.perf_counter() - start) / 60
    for attacker in result.attackers:
        print(f"{attacker.attacker:24} {attacker.rate:6.1%} of {attacker.total}")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    busy = sum(usage.ru_utime + usage.ru_stime for usage in used) / 60
    print(f"{minutes:.1f} minutes with {jobs} processes, {busy:.1f} minutes of CPU time")
    print(f"peak memory: {own / 1e6:.2f} GB, and {largest / 1e6:.2f} GB the largest worker")


def verdict_of_noise(seed: int) -> tuple[str, float]:
    """The verdict on embeddings that know the emotion and nothing of the person."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(10), 21)
    emotion = np.tile(np.arange(7), 30)
    embedding = 3 * rng.normal(size=(7, 16))[emotion] + rng.normal(size=(210, 16))
    case = prepare(Features.of(embedding, subject, emotion), Options(seed=seed, quick=True))
    result = conclude(case, {step.key: outcome for step, outcome in run(case)})
    return result.verdict, result.p_value


def shuffled(jobs: int, repeats: int) -> None:
    """How many of the repeats end in each verdict."""
    with side_by_side(jobs) as pool:
        verdicts = [verdict for verdict, _ in pool.map(verdict_of_noise, range(repeats))]
    for verdict in sorted(set(verdicts)):
        print(f"{verdicts.count(verdict):4} of {repeats} {verdict}")


def latency(url: str, seconds: float, picture: bytes, file: bytes) -> None:
    """Median time of a POST of one picture, one at a time: alone, and beside a full audit."""
    with httpx2.Client(base_url=url, timeout=60) as client:
        kind = {"Content-Type": "image/jpeg"}

        def medians(until: float) -> list[float]:
            took = []
            while time.perf_counter() < until:
                start = time.perf_counter()
                client.post("/v1/anonymize", content=picture, headers=kind)
                took.append((time.perf_counter() - start) * 1000)
            return took

        medians(time.perf_counter() + 2)  # warm
        alone = medians(time.perf_counter() + seconds)
        created = client.post("/v1/audits", files={"file": ("f.npz", file)})
        created.raise_for_status()
        path = created.headers["location"]
        while client.get(path).json()["progress"]["done"] < 1:
            time.sleep(0.1)
        beside = medians(time.perf_counter() + seconds)
        state = client.get(path).json()
        client.delete(path)
    print("| | requests | median ms | p95 ms |\n| --- | --- | --- | --- |")
    for name, took in (("alone", alone), ("beside an audit", beside)):
        p95 = statistics.quantiles(took, n=20)[-1]
        print(f"| {name} | {len(took)} | {statistics.median(took):.2f} | {p95:.2f} |")
    ratio = statistics.median(beside) / statistics.median(alone)
    print(f"ratio of the medians: {ratio:.2f}; the audit was {state['state']}, {state['progress']}")


def _noise() -> bytes:
    """A JPEG of 640 x 480 that shows no face: what is measured is the way there and back."""
    grey = np.random.default_rng(0).integers(0, 256, (480, 640), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(grey).resize((640, 480)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def main() -> None:
    """Runs one of the three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["cost", "shuffled", "latency"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each half of latency")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server of latency")
    parser.add_argument("--picture", type=Path, help="a JPEG for latency; without it, noise")
    chosen = parser.parse_args()
    if chosen.what == "cost":
        cost(chosen.jobs, chosen.samples, chosen.people, chosen.dimensions)
    elif chosen.what == "shuffled":
        shuffled(chosen.jobs, chosen.repeats)
    else:
        picture = chosen.picture.read_bytes() if chosen.picture else _noise()
        file = _drawn(chosen.samples, chosen.people, chosen.dimensions)
        latency(chosen.url, chosen.seconds, picture, file)


if __name__ == "__main__":
    main()
