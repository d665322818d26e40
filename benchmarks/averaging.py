"""What averaging the frames of a track tells of a person, however their noise is drawn.

    python -m benchmarks.averaging --data FOLDER

Tracks are made of the pictures of posed sets: a frame is a crop moved, turned, lit and grained a
little anew, as a camera's next one is. Attackers name the person by the mean of what was released
of a track, its codewords taken off, since the proof is about what lies beyond them. Two learn from
noise-free embeddings of the people's other pictures. The third is the one in the proof: it knows
the very frames that each person would send, and so comes nearest to the bound.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier

from faceveil.guarantee import Guarantee, beyond, most_named, most_named_among, nearest
from faceveil.installation import DETECTOR_FILE, MODELS
from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.filter import PrivacyFilter
from faceveil.rate import Rate
from faceveil.streams.releases import Releases, Terms
from faceveil.vision.face import GreyImage
from training.data.crops import CropSet, cached_crops
from training.data.sets import SETS, data_folder

FRAMES = (1, 4, 16, 64)
FOLDS, DRAWS, SEED = 10, 10, 0
EXAMPLES = 8
"""Frames of each picture that LDA learns from."""

VECTORS = 4
"""That a stream releases of a track by default."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

A_FRAME, SHARED, A_TRACK = "a noise a frame", "one noise, all frames", "one vector an expression"
"""All embeddings with noise of their own; all with the same; and what a stream does: the first
embedding of each standard expression, with its own."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """Frames of people, noise-free.

    Attributes:
        rests: (P, F, D), what lies beyond the codewords.
        words: (P, F), the codewords.
        people: (P,).
        folds: (P,).
    """

    rests: Floats
    words: Ints
    people: Ints
    folds: Ints


def moved(crop: GreyImage, rng: np.random.Generator) -> GreyImage:
    """A crop as the next frame of a camera would show it."""
    turn, scale = np.radians(rng.normal(0, 1.5)), 1 + rng.normal(0, 0.01)
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    height, width = crop.shape
    x, y = width / 2 + rng.normal(0, 0.5), height / 2 + rng.normal(0, 0.5)
    corner = (x - cos * width / 2 - sin * height / 2, y + sin * width / 2 - cos * height / 2)
    shown = Image.fromarray(crop).transform(
        (width, height),
        Image.Transform.AFFINE,
        (cos, sin, corner[0], -sin, cos, corner[1]),
        Image.Resampling.BILINEAR,
    )
    levels = np.asarray(shown, np.float64) * (1 + rng.normal(0, 0.03)) + rng.normal(
        0, 2, crop.shape
    )
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def tracks_of(part: CropSet, reads: PrivacyFilter, rng: np.random.Generator) -> Tracks:
    """Reads the made frames of each picture."""
    guarantee = reads.card.guarantee
    assert guarantee is not None
    dimension = reads.card.dimension

    def no_noise(digests: Sequence[bytes], _: str) -> NDArray[np.float32]:
        return np.zeros((len(digests), dimension), np.float32)

    embeddings = []
    for crop in part.crops:
        frames = [moved(crop, rng) for _ in range(FRAMES[-1])]
        embeddings.append([one.embedding for one in reads.read(frames, no_noise)])
    whole = np.array(embeddings, np.float64)
    flat = whole.reshape(-1, dimension)
    words = nearest(flat, guarantee.codewords).reshape(whole.shape[:2])
    rests = beyond(flat, guarantee.codewords).reshape(whole.shape)
    people = np.unique(part.subject, return_inverse=True)[1]
    folds = np.empty(len(people), np.int64)
    for person in np.unique(people):  # so that each person has pictures in most folds
        own = np.flatnonzero(people == person)
        folds[own] = (rng.permutation(len(own)) + person) % FOLDS
    return Tracks(rests, words, people, folds)


def released(tracks: Tracks, frames: int, scheme: str, terms: Terms) -> NDArray[np.bool_]:
    """(P, F) which frames' embeddings are released."""
    mask = np.zeros(tracks.words.shape, np.bool_)
    mask[:, :frames] = True
    if scheme != A_TRACK:
        return mask
    assert terms.guarantee is not None
    codewords = np.array(terms.guarantee.codewords)
    for track, words in enumerate(tracks.words):
        releases = Releases(terms)
        for frame in range(frames):
            mask[track, frame] = releases.may_go(codewords[words[frame]].tolist(), 0)
    return mask


def means(
    tracks: Tracks, mask: NDArray[np.bool_], scheme: str, sigma: float, rng: np.random.Generator
) -> Floats:
    """(P, D) the mean of the rests that are released, in their noise."""
    shape = (len(mask), 1 if scheme == SHARED else mask.shape[1], tracks.rests.shape[2])
    noisy = tracks.rests + sigma * rng.standard_normal(shape)
    shown = mask[:, :, None]
    averaged: Floats = (noisy * shown).sum(axis=1) / shown.sum(axis=1)
    return averaged


def learned(tracks: Tracks) -> list[tuple[NDArray[np.bool_], dict[str, Any]]]:
    """Of each fold, its tracks, and the attackers that learned from the people's other pictures."""
    folds = []
    for fold in np.unique(tracks.folds):
        probe = tracks.folds == fold
        known, owners = tracks.rests[~probe], tracks.people[~probe]
        examples = known[:, :EXAMPLES].reshape(-1, known.shape[2])
        near = KNeighborsClassifier(1).fit(known.mean(axis=1), owners)
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        lda.fit(examples, np.repeat(owners, EXAMPLES))
        folds.append((probe, {"nearest": near, "LDA": lda}))
    return folds


def knowing(
    tracks: Tracks, mask: NDArray[np.bool_], seen: Floats, scheme: str, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """(P,) whom the attacker names rightly who knows the frames of one track of each person."""
    means_known = (tracks.rests * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
    people = np.unique(tracks.people)
    right = np.zeros(len(seen), np.bool_)
    for track, person in enumerate(tracks.people):
        candidates = [
            track if one == person else int(rng.choice(np.flatnonzero(tracks.people == one)))
            for one in people
        ]
        if scheme == SHARED and mask[track].sum() > 1:
            # What frames differ by from their mean: the noise, which is the same, is not in it.
            differing = tracks.rests[:, mask[track]] - means_known[:, None]
            apart = np.linalg.norm(differing[candidates] - differing[track], axis=(1, 2))
        else:
            apart = np.linalg.norm(means_known[candidates] - seen[track], axis=1)
        right[track] = people[int(apart.argmin())] == person
    return right


def bounds(
    tracks: Tracks, mask: NDArray[np.bool_], scheme: str, guarantee: Guarantee, sigma: float
) -> tuple[float, float] | None:
    """What is proved of those who learned, and of the one who knows; None where nothing is."""
    if scheme == SHARED and mask.sum(axis=1).max() > 1:
        return None
    counts, learning, exact = mask.sum(axis=1), 0.0, 0.0
    share = 1 / len(np.unique(tracks.people))
    for count in np.unique(counts):
        rows = counts == count
        less = sigma / np.sqrt(count)
        one = most_named_among(tracks.people[rows], tracks.folds[rows], guarantee.radius, less)
        learning += rows.mean() * one
        exact += rows.mean() * most_named(share, guarantee.radius, less)
    return float(learning), float(exact)


def rows(tracks: Tracks, guarantee: Guarantee, sigma: float) -> Iterator[list[str]]:
    """The table's rows of one set."""
    terms, folds = Terms(guarantee, sigma, VECTORS), learned(tracks)
    for frames in FRAMES:
        for scheme in (A_FRAME, SHARED, A_TRACK):
            mask = released(tracks, frames, scheme, terms)
            rng = np.random.default_rng(SEED)
            right: dict[str, float] = {"nearest": 0, "LDA": 0, "knows": 0}
            for _ in range(DRAWS):
                seen = means(tracks, mask, scheme, sigma, rng)
                for probe, attackers in folds:
                    for name, attacker in attackers.items():
                        hits = attacker.predict(seen[probe]) == tracks.people[probe]
                        right[name] += float(hits.sum()) / DRAWS
                known = knowing(tracks, mask, seen, scheme, rng)
                right["knows"] += float(known.sum()) / DRAWS
            proved = bounds(tracks, mask, scheme, guarantee, sigma)
            told = [_rate(right[name], len(mask)) for name in right]
            limit = ["nothing" if proved is None else f"{one:.1%}" for one in (proved or (0, 0))]
            vectors = f"{mask.sum(axis=1).mean():.1f}"
            yield [str(frames), scheme, vectors, told[0], told[1], limit[0], told[2], limit[1]]


def _rate(right: float, total: int) -> str:
    rate = Rate.of(round(right), total)
    return f"{right / total:.1%} [{rate.low:.0%}, {rate.high:.0%}]"


def main() -> None:
    """Reads the arguments and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets; or FACEVEIL_DATA")
    parser.add_argument("--crops", type=Path, default=Path("runs/crops"), help="their cache")
    parser.add_argument("--level", help="privacy level; without it, the model's default")
    arguments = parser.parse_args()
    reads = PrivacyFilter.load(load_bundle(find_bundle(MODELS, "faceveil")), arguments.level)
    card, folder = reads.card, data_folder(arguments.data)
    assert card.guarantee is not None
    sigma = card.levels[reads.level].sigma
    print(f"{card.name} {card.version}, level {reads.level}, seed {SEED}, {DRAWS} draws of noise\n")
    columns = ["frames", "released", "vectors", "nearest", "LDA", "proved: at most"]
    columns += ["knows the frames", "proved: at most"]
    for name in ("jaffe", "yale", "frl"):
        records = list(SETS[name].records(folder))
        part = cached_crops(records, DETECTOR_FILE, card.crop, arguments.crops)
        tracks = tracks_of(part, reads, np.random.default_rng(SEED))
        people = len(np.unique(tracks.people))
        print(
            f"{SETS[name].info.name}: {people} people, {len(part)} tracks; chance {1 / people:.1%}"
        )
        print(f"\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
        for row in rows(tracks, card.guarantee, sigma):
            print(f"| {' | '.join(row)} |", flush=True)
        print()


if __name__ == "__main__":
    main()
