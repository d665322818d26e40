"""What an audit costs, and how often it cries wolf; prints tables.

python -m benchmarks.audit cost --jobs 2      the full ladder on 10,000 x 64 of 100 people
python -m benchmarks.audit shuffled           100 seeded repeats on embeddings that say nothing
"""

import argparse
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from service.audit.case import Options, prepare
from service.audit.features import Features
from service.audit.ladder import conclude, run
from service.audit.offline import audit_file


def cost(jobs: int, samples: int, people: int, dimensions: int) -> None:
    """Time and peak memory of `faceveil audit` with every attacker."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(people), samples // people)
    emotion = rng.integers(7, size=len(subject))
    centres = 0.3 * rng.normal(size=(people, dimensions))
    moods = rng.normal(size=(7, dimensions))
    embedding = centres[subject] + moods[emotion] + rng.normal(size=(len(subject), dimensions))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "features.npz"
        np.savez(file, embedding=embedding, subject=subject, emotion=emotion)
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
    with ProcessPoolExecutor(jobs) as pool:
        verdicts = [verdict for verdict, _ in pool.map(verdict_of_noise, range(repeats))]
    for verdict in sorted(set(verdicts)):
        print(f"{verdicts.count(verdict):4} of {repeats} {verdict}")


def main() -> None:
    """Runs one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["cost", "shuffled"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=100)
    chosen = parser.parse_args()
    if chosen.what == "cost":
        cost(chosen.jobs, chosen.samples, chosen.people, chosen.dimensions)
    else:
        shuffled(chosen.jobs, chosen.repeats)


if __name__ == "__main__":
    main()
