"""`from faceveil import Anonymizer`: reads pictures and clips in this program, without a server."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from faceveil.access.keys import DEFAULT_TENANT
from faceveil.api.anonymize.answers import AnonymizedImage, answer_of
from faceveil.api.embeddings import EmbeddingFormat
from faceveil.api.priors import chosen_prior, expecting
from faceveil.api.streams.answers import Ended, FrameRead, ended_of, frame_of
from faceveil.client.pictures import Picture, file_of
from faceveil.engine.engine import load_engine
from faceveil.engine.job import Job, Order, ReadPicture
from faceveil.engine.readers import start_workers
from faceveil.keyfile import read_or_make_key
from faceveil.prior import PriorChoice
from faceveil.problems import Problem
from faceveil.settings import Settings, load_settings
from faceveil.statefolder import StateFolderError, state_folder
from faceveil.store.secret_keys import KeyName, place_of
from faceveil.streams.newest import Frame
from faceveil.streams.stream import Stream
from faceveil.vision.selection import Selection

FACES = 64
"""Of a picture, at most."""

T = TypeVar("T")
R = TypeVar("R")


class Anonymizer:
    """Reads pictures and clips in processes of its own, one a core.

    They are confined as the server's are, and its settings count. Noise is drawn with the key in
    the state folder, so a picture has the noise that the server there gives it.

        with Anonymizer() as anonymizer:
            for face in anonymizer.read("photo.jpg").faces:
                print(face.emotion.label, face.embedding)

    One thread may use it at a time.
    """

    def __init__(
        self,
        *,
        level: str | None = None,
        prior: PriorChoice | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Loads the model, which takes a second or two.

        Args:
            level: privacy level of the model's card; without one, the settings'.
            prior: how often each emotion is met, `wild` or `even`; without one, the settings'.
            settings: all of them; without them, those of the environment.

        Raises:
            BundleError: if the model or the detector is absent or broken, or has no such level.
            InvalidParameters: if the model cannot answer by the prior.
            SettingsError, OSError, ValueError: if a setting is wrong or the key cannot be read.
        """
        settings = settings or load_settings()
        model = settings.model.model_copy(update={} if level is None else {"level": level})
        settings = settings.model_copy(update={"model": model})
        key = noise_key(settings)
        self.vectors = settings.streams.vectors
        self._begun: set[Future[ReadPicture]] = set()
        with ExitStack() as opened:
            workers = start_workers(settings)
            opened.callback(workers.kill)
            self._engine = load_engine(settings, key, workers)
            self._prior = chosen_prior(self._engine, prior)
            self._portal: BlockingPortal = opened.enter_context(start_blocking_portal())
            self._portal.call(self._engine.scheduler.open)
            opened.callback(lambda: self._portal.call(self._engine.scheduler.close))
            self._exits = opened.pop_all()

    @property
    def made_by(self) -> dict[str, str]:
        """What answers are made by: a model, its version, a privacy level and a prior."""
        engine = self._engine
        return {
            "name": engine.card.name,
            "version": engine.card.version,
            "level": engine.level,
            "prior": self._prior.name,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends its processes; what was begun and is not wanted any more is left."""
        for future in list(self._begun):
            future.cancel()
        self._exits.close()

    def read(self, picture: Picture, *, limit: int = FACES) -> AnonymizedImage:
        """Reads all faces of one picture; there may be none.

        Args:
            picture: a path, the bytes of an image file, or a picture of Pillow's.
            limit: faces at most, the largest first.

        Raises:
            Problem: if it cannot be read, as the server would refuse it.
            OSError: if the file cannot be read.
        """
        wanted = Selection("all", limit)
        done = self._submit(file_of(picture), wanted).result()
        return self._answered(done)

    def read_all(
        self, pictures: Iterable[Picture], *, limit: int = FACES
    ) -> Iterator[AnonymizedImage | Problem | OSError]:
        """Reads many pictures at a time; answers them in their order.

        A picture that cannot be read is answered by why, and keeps no other from being read.
        """

        def begin(picture: Picture) -> Callable[[], AnonymizedImage | Problem | OSError]:
            try:
                data = file_of(picture)
            except OSError as problem:
                return partial(_itself, problem)
            return partial(self._outcome, self._submit(data, Selection("all", limit)))

        return self._in_order(begin, pictures)

    def follow(
        self,
        frames: Iterable[tuple[float, bytes]],
        *,
        limit: int = 8,
        vectors: int | None = None,
        small: bool = False,
    ) -> Iterator[FrameRead | Ended]:
        """Follows the faces of a clip or a camera.

        Args:
            frames: of each when it was taken, in seconds, and the bytes of an image file.
            limit: faces of a frame at most.
            vectors: embeddings released of a track at most; without it, as the settings have it.
            small: whether faces narrower than a twentieth of the frame are looked for too.

        Returns:
            The answer to each frame that could be read, and at last a summary.
        """
        engine = self._engine
        most = self.vectors if vectors is None else vectors
        stream = Stream(engine.card, engine.level, self._prior, vectors=most, faces=limit)
        wanted, unread = Selection("all", limit, quick=not small), 0

        def begin(frame: tuple[float, bytes]) -> Callable[[], tuple[float, ReadPicture | None]]:
            at, data = frame
            future = self._submit(data, wanted)
            return lambda: (at, _unless_refused(future))

        for number, (at, done) in enumerate(self._in_order(begin, frames), 1):
            if done is None:
                unread += 1
                continue
            done = expecting(self._prior, done)
            seen = stream.see(done, at)
            frame = Frame(number, b"", at)
            yield frame_of(frame, unread, done, seen, stream.terms, engine.card)
        yield ended_of(stream.summary(), unread)

    def _in_order(self, begin: Callable[[T], Callable[[], R]], items: Iterable[T]) -> Iterator[R]:
        """Begins the work on some items ahead, so that every process has some."""
        ahead, begun = 2 * self._engine.scheduler.workers, deque[Callable[[], R]]()
        for item in items:
            begun.append(begin(item))
            if len(begun) >= ahead:
                yield begun.popleft()()
        while begun:
            yield begun.popleft()()

    def _submit(self, data: bytes, wanted: Selection) -> Future[ReadPicture]:
        order = Order(data, False, self._engine.level, time.perf_counter(), wanted)
        job = Job(order, DEFAULT_TENANT, "offline")
        future = self._portal.start_task_soon(self._read, job)
        self._begun.add(future)
        future.add_done_callback(self._begun.discard)
        return future

    async def _read(self, job: Job) -> ReadPicture:
        scheduler = self._engine.scheduler
        with scheduler.admit("offline") as place:
            return await scheduler.run(job, lambda: False, place)

    def _outcome(self, future: Future[ReadPicture]) -> AnonymizedImage | Problem:
        try:
            return self._answered(future.result())
        except Problem as problem:
            return problem

    def _answered(self, done: ReadPicture) -> AnonymizedImage:
        done = expecting(self._prior, done)
        return answer_of(done, self._prior.name, self._engine, EmbeddingFormat.float)


def _itself(problem: OSError) -> OSError:
    return problem


def _unless_refused(future: Future[ReadPicture]) -> ReadPicture | None:
    try:
        return future.result()
    except Problem:
        return None


def noise_key(settings: Settings) -> bytes:
    """The key that noise is drawn with: the server's of the same state folder; made where none is.

    Raises:
        StateFolderError, ValueError: if it cannot be read or made, or is gone from a folder that a
            server has used.
    """
    place = place_of(KeyName.noise, settings)
    key = place.key()
    if key is None:
        with state_folder(place.file.parent) as folder:
            if any(folder.iterdir()):
                raise StateFolderError(
                    f"{place.file} is not there, and {folder} was used before: with a new key, "
                    "pictures would get new noise, and the two average. `faceveil keys restore "
                    f"FILE` puts a copy of {place.file.name} back; or name another folder with "
                    "FACEVEIL_STATE_DIRECTORY."
                )
            key = read_or_make_key(place.file)
    return key
