"""Moods over time, of made clips whose moods are known: how they flicker, lag and err.

    python -m benchmarks.moods --clips 3

Plays clips of two drawn people who cross, and compares what single frames say with an exponential
mean of them and with the mood of a stream.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from faceveil.engine.job import Order
from faceveil.engine.reader import Reader
from faceveil.installation import DETECTOR_FILE, MODELS
from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.detector import load_detector
from faceveil.model.filter import PrivacyFilter
from faceveil.prior import Prior
from faceveil.streams.moods import MEAN_S
from faceveil.streams.stream import SeenFace, Stream
from faceveil.vision.selection import Selection
from tests.streams.following import Following, follow
from tests.streams.scene import shots

PIXELS = 10**7
RATE = 25.0


def averaged() -> Callable[[SeenFace], int]:
    """The label of an exponential mean of each track's frames, the baseline."""
    means: dict[int, NDArray[np.float64]] = {}
    new = 1 - np.exp(-1 / (RATE * MEAN_S))

    def label(seen: SeenFace) -> int:
        says = np.array(seen.face.emotion)
        before = means.get(seen.track, says)
        means[seen.track] = before + new * (says - before)
        return int(means[seen.track].argmax())

    return label


def main() -> None:
    """Reads the arguments and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=3)
    clips = parser.parse_args().clips
    reads = PrivacyFilter.load(load_bundle(find_bundle(MODELS, "faceveil")))
    reader, card = Reader(load_detector(DETECTOR_FILE), reads, PIXELS), reads.card
    found: dict[str, list[Following]] = {"exponential mean": [], "mood": []}
    seconds = 0.0
    for seed in range(clips):
        rng = np.random.default_rng(seed)

        def noise(
            digests: Sequence[bytes], _: str, rng: np.random.Generator = rng
        ) -> NDArray[np.float32]:
            return rng.standard_normal((len(digests), card.dimension)).astype(np.float32)

        prior = Prior.of("wild", card.labels, card.prior)
        stream = Stream(card, reads.level, prior, vectors=4, faces=8)
        clip, mean = list(shots(seed=seed, rate=RATE)), averaged()
        told: dict[str, list[dict[str, object]]] = {name: [] for name in found}
        for shot in clip:
            order = Order(shot.jpeg, False, reads.level, 0.0, Selection("all", 8, quick=True))
            faces, _ = stream.see(reader.read(order, noise), shot.at)
            for name in found:
                labels = [mean(one) if name != "mood" else one.mood.label for one in faces]
                told[name].append(
                    {
                        "faces": [
                            {
                                "track": one.track,
                                "box": {"x": one.face.box.x, "width": one.face.box.width},
                                "emotion": {"label": card.labels[int(np.argmax(one.face.emotion))]},
                                "mood": {"label": card.labels[label]},
                            }
                            for one, label in zip(faces, labels, strict=True)
                        ]
                    }
                )
        seconds += clip[-1].at
        for name, followed in found.items():
            followed.append(follow(clip, told[name]))
    print(f"{card.name} {card.version}; {clips} clips of two people, {RATE:g} frames a second\n")
    print("| label | changes a second beyond the people's | longest delay | right |")
    print("| --- | --- | --- | --- |")
    raw = sum(one.flicker for one in found["mood"]) / seconds
    print(
        f"| single frame | {raw:.2f} | | {np.mean([one.right_raw for one in found['mood']]):.1%} |"
    )
    for name, followed in found.items():
        flicker = sum(one.flicker_of_moods for one in followed) / seconds
        delay = max(one.delay for one in followed)
        right = np.mean([one.right for one in followed])
        print(f"| {name} | {flicker:.2f} | {delay:.2f} s | {right:.1%} |")


if __name__ == "__main__":
    main()
