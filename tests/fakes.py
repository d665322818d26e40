"""Stand-ins at the edges of the service: a card, a runtime session, detectors, an engine."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np

from faceveil.engine.engine import Engine
from faceveil.engine.job import Job, ReadPicture
from faceveil.engine.reader import Reader
from faceveil.guarantee import Guarantee
from faceveil.model.card import Card
from faceveil.model.filter import PrivacyFilter
from faceveil.model.noise import KeyedNoise, ModelNoise
from faceveil.pool.scheduler import Scheduler
from faceveil.prior import Prior
from faceveil.runtime import Array
from faceveil.settings import Settings
from faceveil.vision.face import Box, Detector, Face, GreyImage

J = TypeVar("J")
T = TypeVar("T")

CARD: dict[str, Any] = {
    "name": "fake",
    "version": "1.2.3",
    "created": "2026-01-01",
    "summary": "Stands in for a model in tests.",
    "terms": "None.",
    "labels": ["neutral", "happiness", "surprise"],
    "dimension": 4,
    "crop": {"width": 24, "height": 32, "left_eye": [0.3, 0.4], "right_eye": [0.7, 0.4]},
    "graph": {"sha256": "0" * 64, "bytes": 1, "opset": 18},
    "levels": {
        "open": {"sigma": 0.01, "summary": "Least noise."},
        "noisy": {"sigma": 0.5, "summary": "Noise."},
    },
    "default_level": "noisy",
    "training": {"command": "none", "preset": "none", "seed": 0, "data": [], "parameters": 1},
    "results": [],
    "audit": "Never audited.",
    "intended_uses": [],
    "out_of_scope_uses": [],
}


PRIOR = {"neutral": 0.7, "happiness": 0.2, "surprise": 0.1}
"""What a card says whose answers can be corrected for other shares of emotions."""


def fake_card(**changes: Any) -> Card:
    """A valid card with these members changed."""
    return Card.model_validate(CARD | changes)


MOVES = np.array([-0.4, 0.2, 0.1, 0.7], np.float32)
"""Valence, arousal and two action units that a session tells, if it is asked."""

TELLING: dict[str, Any] = {
    "expression": {"action_units": [1, 12], "summary": "Made up.", "results": []}
}
"""What a card says whose graph tells of an expression."""


class FakeSession:
    """A runtime session that keeps what it was fed.

    Its embedding is each crop's mean grey level over 255, in every dimension, plus `sigma * noise`;
    its emotion and its expression are the same for every face.
    """

    def __init__(self, labels: int = 3) -> None:
        self.emotion = np.arange(1, labels + 1, dtype=np.float32) / sum(range(1, labels + 1))
        self.fed: list[Mapping[str, Array]] = []

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Array]) -> list[Any]:
        """Answers what it is asked for."""
        assert output_names is not None
        self.fed.append(input_feed)
        face, noise, sigma = (input_feed[name] for name in ("face", "noise", "sigma"))
        means = face.mean(axis=(1, 2), dtype=np.float32) / 255
        embedding = means[:, None] + sigma[:, None] * noise
        answers = {
            "embedding": embedding.astype(np.float32),
            "emotion": np.tile(self.emotion, (len(face), 1)),
            "expression": np.tile(MOVES, (len(face), 1)),
        }
        return [answers[name] for name in output_names]


class CodebookSession(FakeSession):
    """A runtime session of a model with a guarantee: one codeword a grey level, and a rest.

    Attributes:
        codewords: (3, 4).
        radius: longest rest.
    """

    codewords = 100 * np.eye(3, 4, dtype=np.float32)
    radius = 1.0

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Array]) -> list[Any]:
        """Answers `embedding` and `emotion`, which is that of the codeword."""
        face, noise, sigma = (input_feed[name] for name in ("face", "noise", "sigma"))
        grey = face.mean(axis=(1, 2), dtype=np.float32)
        rest = np.tanh(face[:, :4, 0].astype(np.float32) / 50) * self.radius / 2
        embedding = self.codewords[(grey // 86).astype(int)] + rest + sigma[:, None] * noise
        emotion = np.eye(3, dtype=np.float32)[(embedding @ self.codewords.T).argmax(axis=1)]
        return [embedding.astype(np.float32), emotion]


PROVED_SIGMAS = {"open": 0.5, "noisy": 2.0}
PROVED: dict[str, Any] = {
    "guarantee": Guarantee.of(CodebookSession.codewords, 1.0, PROVED_SIGMAS).model_dump(),
    "levels": {name: {"sigma": s, "summary": ""} for name, s in PROVED_SIGMAS.items()},
}
"""What a card of `CodebookSession` says otherwise than others."""


class StillDetector:
    """Sees one face in the middle of every picture, and counts the pictures."""

    def __init__(self) -> None:
        self.pictures = 0

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        """One face, half as wide and high as the picture."""
        self.pictures += 1
        height, width = picture.shape
        box = Box(width / 4, height / 4, width / 2, height / 2)
        return [Face(box, 0.9, (width * 0.4, height / 2), (width * 0.6, height / 2))]


class HeldDetector(StillDetector):
    """Waits in every picture until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Event()

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        """Tells that it was entered, waits, then sees a face."""
        self.entered.release()
        assert self.let_go.wait(30)
        return super().detect(picture, thorough=thorough)


class Threads(Generic[J, T]):
    """An executor within this process."""

    def __init__(self, work: Callable[[J], T], size: int) -> None:
        self.size = size
        self._work = work
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="fake-worker")

    @property
    def alive(self) -> bool:
        """Threads are there whenever they are needed."""
        return True

    async def open(self) -> None:
        """Has nothing to start."""

    def submit(self, job: J) -> "asyncio.Future[T]":
        """Runs a job on a thread."""
        return asyncio.get_running_loop().run_in_executor(self._pool, self._work, job)

    async def close(self) -> None:
        """Waits for the threads."""
        await asyncio.to_thread(self._pool.shutdown)


def fake_engine(
    detector: Detector,
    *,
    workers: int = 1,
    queue: int = 8,
    deadline_s: float = 30.0,
    prior: str = "wild",
    card: Card | None = None,
) -> Engine:
    """An engine without a model: small, quick, and as slow as its detector wants."""
    card = card or fake_card()
    privacy_filter = PrivacyFilter(card, FakeSession())
    reader = Reader(detector, privacy_filter, Settings.model_construct().limits.pixels)
    noise = ModelNoise(KeyedNoise(bytes(32)), card)

    def read(job: Job) -> ReadPicture:
        return reader.read(job.order, partial(noise.draw, tenant=job.tenant))

    executor = Threads(read, workers)
    return Engine(
        card,
        card.default_level,
        Prior.of(prior, card.labels, card.prior),
        [card],
        Scheduler(executor, queue=queue, deadline_s=deadline_s),
    )
