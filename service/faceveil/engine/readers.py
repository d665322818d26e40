"""The readers: processes that read images, and the server's part in it, which is the noise."""

import asyncio
from functools import partial

from faceveil.confinement.walls import Walls
from faceveil.engine.job import REFUSALS, Job, Order, ReadPicture
from faceveil.model.bundle import BundleError, find_bundle
from faceveil.model.card import Card
from faceveil.model.noise import DIGEST_BYTES, ModelNoise
from faceveil.pool.cpus import usable_cores
from faceveil.pool.duty import Plan
from faceveil.pool.processes import Processes
from faceveil.settings import MOST_WORKERS, Settings
from faceveil.vision.formats import STARTS_THREADS

Workers = Processes[Order, ReadPicture]

_MOST_ANSWERED, _MOST_OF_A_FACE = 2**16, 2**15
"""Bytes of an answer, and more for each face: 1,024 numbers, of which each takes some 12."""


def start_workers(settings: Settings) -> Workers:
    """Starts what reads images; it loads the model and the detector meanwhile.

    `wait_until_loaded` raises BundleError if the model or the detector is absent or broken, or the
    model has no such level.

    Raises:
        BundleError: if there is no such model.
        OSError: if no process can be started.
    """
    model, engine = settings.model, settings.engine
    needs = {
        "bundle": str(find_bundle(model.directory, model.name, model.version)),
        "digest": model.digest,
        "level": model.level,
        "detector": str(settings.detector),
        "max_pixels": settings.limits.pixels,
    }
    plan = Plan(
        "faceveil.engine.reader:load_reader",
        needs,
        engine.workers or min(usable_cores(), MOST_WORKERS),
        engine.cpu_s,
        engine.memory_bytes,
        engine.confinement,
        STARTS_THREADS,
    )
    most = _MOST_ANSWERED + settings.limits.faces * _MOST_OF_A_FACE
    return Processes(plan, ReadPicture, REFUSALS, failures=[BundleError], most_answered=most)


class Readers:
    """Reads images on worker processes; draws the noise here, so that they never have the key."""

    def __init__(self, workers: Workers, noise: ModelNoise, card: Card) -> None:
        """Joins them; the card is of the model that the workers loaded."""
        self.size = workers.size
        self._workers = workers
        self._noise = noise
        self._card = card

    @property
    def alive(self) -> bool:
        """Whether there are workers."""
        return self._workers.alive

    @property
    def walls(self) -> Walls:
        """The walls that stand around the workers."""
        return self._workers.walls

    async def open(self) -> None:
        """Starts the workers, for the loop that runs."""
        await self._workers.open()

    def submit(self, job: Job) -> "asyncio.Future[ReadPicture]":
        """Has an image read; the future fails as that of `Processes.submit`."""
        answer, fits = partial(self._drawn, job), partial(self._fits, job.order)
        return self._workers.submit(job.order, answer, job.request_id, fits)

    async def close(self) -> None:
        """Waits for the running work and ends the processes."""
        await self._workers.close()

    def _drawn(self, job: Job, digests: bytes) -> bytes:
        """The noise of the crops of these digests, one after the other, for a job's tenant.

        Raises:
            ValueError: if they are no digests, or more than the job may have faces.
        """
        count, rest = divmod(len(digests), DIGEST_BYTES)
        if rest or not 0 < count <= job.order.wanted.limit:
            raise ValueError("these are no digests of a job's crops")
        each = [digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES)]
        return self._noise.draw(each, job.order.level, job.tenant).tobytes()

    def _fits(self, order: Order, work: ReadPicture) -> bool:
        """Whether this can be what was ordered: what is stored and answered is to have one form."""
        shape = (self._card.dimension, len(self._card.labels))
        return bool(
            work.level == order.level
            and (work.faces or order.wanted.which == "all")
            and len(work.faces) <= min(order.wanted.limit, work.found)
            and all((len(face.embedding), len(face.emotion)) == shape for face in work.faces)
        )
