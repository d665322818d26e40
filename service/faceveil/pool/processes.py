"""Work on processes of its own, one for each job at a time.

    server ──── fork server, which loads what the work needs
      │             ├── worker
      └─────────────┴── worker

Each worker has a socket to the server, over which jobs go there and answers come back: nothing
touches a disk.

A worker meets what strangers send, and its decoders are large programs in C: one that is taken over
must be of no use. So it has nothing of the server's memory, environment and connections
(`faceveil.pool.forkserver`); the kernel refuses it every file, socket, process and signal, as far
as the kernel can (`faceveil.confinement.walls`, and `Processes.walls` tells how far that is); and
what it says is checked, bounded, and JSON, never a pickle, which could run code in the server. What
is left to it are the pictures that it is given until it retires, and lies about these.

If it dies, the job that it had is tried once more elsewhere, unless the job was what took too much,
and another worker takes its place. If the fork server dies, another is started. If the server dies,
however that happens, the sockets end, and with them the fork server and the workers: a busy one
after its job.
"""

import asyncio
import contextlib
import logging
import signal
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, TypeAdapter

from faceveil.confinement.walls import Walls, lacking
from faceveil.pool.connection import Connection, Errand
from faceveil.pool.duty import Plan
from faceveil.pool.forking import ForkServer
from faceveil.pool.frames import DONE, FAILED, REFUSED
from faceveil.problems import InternalError, NotReady, PictureTooCostly, Problem, WorkerLost

J = TypeVar("J")
T = TypeVar("T")

PAUSE_S = 0.5
"""Before a worker is replaced that died without a job, so that one which cannot live is not forked
over and over. One that died of its job is replaced at once."""

LONGEST_S = 60.0
"""Seconds of a job, whatever it does in them. A worker that takes longer is ended."""

MOST_ANSWERED = 16 * 2**20
"""Bytes of an answer, unless given; a worker that sends more has gone wrong."""

_Place = Annotated[str, Field(pattern=r"^[\w.<>?:]{1,200}$")]
_FAILURE = TypeAdapter(tuple[_Place, Annotated[list[_Place], Field(max_length=64)]])
_REFUSAL = TypeAdapter(tuple[str, Annotated[str, Field(max_length=1000)]])

logger = logging.getLogger("faceveil.workers")


def _refuse(question: bytes) -> bytes:
    raise ValueError("no question is expected")


def _any(result: object) -> bool:
    return True


class Processes(Generic[J, T]):
    """A fixed number of worker processes."""

    def __init__(
        self,
        plan: Plan,
        answer: type[T],
        refusals: Sequence[type[Problem]],
        *,
        failures: Sequence[type[Exception]] = (),
        most_jobs: int = 1000,
        most_answered: int = MOST_ANSWERED,
    ) -> None:
        """Starts the fork server, which begins to load.

        Args:
            plan: what the workers do, and how many they are.
            answer: what a job's result is; Pydantic can read it from JSON.
            refusals: the problems that a job may end with; each is made of its detail alone.
            failures: exceptions of loading that `wait_until_loaded` raises as they are.
            most_jobs: after which a worker retires, once another is there.
            most_answered: bytes of an answer. The server reads it whole, while everybody waits.
        """
        self.size = plan.size
        self.walls: Walls = {}
        self.failed = False
        self.on_failure: Callable[[], None] = lambda: None
        self._plan = plan
        self._answer = TypeAdapter(answer)
        kinds: list[type[Problem]] = [*refusals, PictureTooCostly]
        self._refusals = {kind.slug: kind for kind in kinds}
        self._failures = failures
        self._most_jobs = most_jobs
        self._most_answered = most_answered
        self._numbers = 0
        self._first_number = 0
        self._workers: dict[int, Connection] = {}
        self._idle: list[Connection] = []
        self._waiting: deque[Errand] = deque()
        self._running: set[asyncio.Future[T]] = set()
        self._lost: dict[int, Errand | None] = {}
        self._deaths: dict[int, int | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False
        self._fork_server: ForkServer | None = ForkServer(plan)

    def wait_until_loaded(self) -> None:
        """Blocks until the fork server has loaded.

        Raises:
            Exception: one of `failures` that loading raised.
            ChildProcessError: if the fork server died, or loading raised anything else.
        """
        assert self._fork_server is not None
        self.walls = self._fork_server.wait_until_loaded(self._failures)
        missing = lacking(self.walls)
        if missing:
            logger.warning(
                "the readers are not confined as they could be: a newer kernel has more walls",
                extra={"missing": missing},
            )

    @property
    def alive(self) -> bool:
        """Whether there are workers."""
        return bool(self._workers)

    async def open(self) -> None:
        """Starts the workers, for the loop that runs."""
        assert self._fork_server is not None
        self._fork_server.listen(self._ended, self._gone)
        for slot in range(self.size):
            await self._hire(slot)

    def submit(
        self,
        job: J,
        answer: Callable[[bytes], bytes] = _refuse,
        name: str = "",
        fits: Callable[[T], bool] = _any,
    ) -> "asyncio.Future[T]":
        """Gives a job to a worker, as soon as one is idle.

        The future fails with the problem that the job ends with; with PictureTooCostly if it took
        more time or memory than it may; with InternalError if the work met an exception, which the
        log tells; with WorkerLost if two workers died of it, or one answered what cannot be; with
        NotReady if there are no workers any more.

        Args:
            job: can be pickled.
            answer: answers the one question that the worker may ask, or raises ValueError.
            name: under which the log tells of a failure.
            fits: whether a result can be that of this job.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self.failed or self._ending:
            future.set_exception(NotReady("The workers have ended."))
            return future
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        self._waiting.append(Errand(job, answer, fits, future, name))
        self._hand_out()
        return future

    def kill(self) -> None:
        """Ends the processes at once; for whoever never opened them."""
        if self._fork_server is not None:
            self._fork_server.kill()

    async def close(self) -> None:
        """Waits for the running work and ends the processes."""
        self._ending = True
        self._give_up_waiting()
        if self._running:
            await asyncio.wait(set(self._running))
        for task in self._tasks:
            task.cancel()
        for worker in list(self._workers.values()):
            worker.end()
        if self._fork_server is not None:
            await self._fork_server.close()

    # ------------------------------------------------------------------- what workers tell

    def rest(self, worker: Connection) -> None:
        """A worker is idle: it gets the next job, or goes where another has come for it."""
        old, worker.replaces = worker.replaces, None
        if old is not None:
            old.retired = True
            if old in self._idle:
                self._idle.remove(old)
                old.end()
        if worker.retired:
            worker.end()
            return
        self._idle.append(worker)
        if worker.done == self._most_jobs + worker.slot:  # not all at once
            self._begin(self._hire(worker.slot, replaces=worker))
        self._hand_out()

    def settle(self, errand: Errand, message: bytes) -> None:
        """A worker says how its job ended."""
        if errand.overdue is not None:
            errand.overdue.cancel()
        if errand.future.done():
            return  # nobody waits for it any more
        try:
            if message[:1] == DONE:
                result = self._answer.validate_json(message[1:])
                if not errand.fits(result):
                    raise ValueError
                errand.future.set_result(result)
            elif message[:1] == REFUSED:
                slug, detail = _REFUSAL.validate_json(message[1:])
                errand.future.set_exception(self._refusals[slug](detail))
            elif message[:1] == FAILED:
                exception, places = _FAILURE.validate_json(message[1:])
                said = {"request_id": errand.name, "exception": exception, "places": places}
                logger.error("a job was not done", extra=said)
                raise InternalError(InternalError.example)
            else:
                raise ValueError
        except InternalError as error:
            errand.future.set_exception(error)
        except (ValueError, LookupError):
            logger.error("a worker talks nonsense", extra={"request_id": errand.name})
            errand.future.set_exception(WorkerLost(WorkerLost.example))

    def lose(self, worker: Connection, errand: Errand | None) -> None:
        """A worker is gone."""
        self._workers.pop(worker.number, None)
        if worker in self._idle:
            self._idle.remove(worker)
        if errand is not None and errand.overdue is not None:
            errand.overdue.cancel()
        if self._fork_server is None or worker.number < self._first_number:
            if errand is not None:  # nobody is left who knows of what it died
                self._decide(errand, None)
            return
        if worker.number in self._deaths:
            by = self._deaths.pop(worker.number)
            if errand is not None:
                self._decide(errand, by)
        else:
            self._lost[worker.number] = errand  # until the fork server tells of what it died
        with contextlib.suppress(OSError):
            self._fork_server.end(worker.number)  # that it closed its socket does not mean it ended
        if self._ending or worker.retired:
            return
        logger.warning("a worker of the engine died", extra={"at_work": errand is not None})
        self._begin(self._hire(worker.slot, 0 if errand else PAUSE_S, worker.replaces))

    # -------------------------------------------------------------- what the fork server tells

    def _ended(self, number: int, by: int | None) -> None:
        if number not in self._lost:
            self._deaths[number] = by  # its socket's end is still to be seen
            return
        errand = self._lost.pop(number)
        if errand is not None:
            self._decide(errand, by)

    def _gone(self) -> None:
        fork_server, self._fork_server = self._fork_server, None
        lost, self._lost, self._deaths = self._lost, {}, {}
        for errand in lost.values():
            if errand is not None:
                self._decide(errand, None)
        if self._ending or fork_server is None:
            return
        fork_server.kill()
        logger.error("the workers' fork server died; another is started")
        self._begin(self._start_again())

    async def _start_again(self) -> None:
        try:
            fork_server = ForkServer(self._plan)
            try:
                self.walls = await asyncio.to_thread(fork_server.wait_until_loaded, self._failures)
            except BaseException:
                fork_server.kill()
                raise
        except Exception as error:
            logger.critical("there can be no workers any more", extra={"reason": str(error)})
            self.failed = True
            self._give_up_waiting()
            self.on_failure()
            return
        self._fork_server = fork_server
        self._first_number = self._numbers + 1
        fork_server.listen(self._ended, self._gone)
        # Those that are left of the other go on until theirs are there.
        left = {worker.slot: worker for worker in self._workers.values()}
        for slot in range(self.size):
            await self._hire(slot, replaces=left.get(slot))

    # ------------------------------------------------------------------------------ hiring

    async def _hire(
        self, slot: int, pause_s: float = 0, replaces: Connection | None = None
    ) -> None:
        await asyncio.sleep(pause_s)
        self._numbers += 1
        number = self._numbers
        while True:
            if self._fork_server is None or self._ending:
                return  # the next fork server fills every slot
            try:
                ours = self._fork_server.fork(number, slot)
                break
            except ConnectionError:
                return
            except OSError as problem:  # descriptors or memory are short; that may pass
                logger.error("no worker can be had", extra={"reason": problem.strerror})
                await asyncio.sleep(PAUSE_S)
        worker = Connection(number, slot, self, self._most_answered, replaces)
        self._workers[number] = worker
        await asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=ours)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------------------------- errands

    def _hand_out(self) -> None:
        while self._waiting and self._idle:
            errand = self._waiting.popleft()
            if errand.future.done():
                continue
            worker = self._idle.pop()
            errand.overdue = asyncio.get_running_loop().call_later(
                LONGEST_S, self._end_overdue, worker.number, errand
            )
            worker.begin(errand)

    def _end_overdue(self, number: int, errand: Errand) -> None:
        errand.losses += 1  # it is not tried again
        if self._fork_server is not None:
            with contextlib.suppress(OSError):
                self._fork_server.end(number)

    def _decide(self, errand: Errand, by: int | None) -> None:
        """What becomes of an errand whose worker died, of this signal."""
        errand.losses += 1
        if errand.future.done():
            return
        if by == signal.SIGPROF:
            errand.future.set_exception(PictureTooCostly(PictureTooCostly.example))
        elif errand.losses > 1 or self._ending or self.failed:
            errand.future.set_exception(WorkerLost(WorkerLost.example))
        else:
            self._waiting.appendleft(errand)
            self._hand_out()

    def _give_up_waiting(self) -> None:
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():
                future.set_exception(NotReady("The workers have ended."))
