"""Work on processes of its own, one for each job at a time.

    server ──── fork server, which loads what the work needs
      │             ├── worker
      └─────────────┴── worker

The fork server is forked from the server before that has connections or knows a caller. Each worker
has a socket to the server, over which jobs go there and answers come back: nothing touches a
disk.

A worker meets what strangers send, and its decoders are large programs in C. So it has no
connection to the store and nothing of what the server learns of keys and people, and it answers
with JSON that is checked, never with a pickle, which could run code in the server. It is no
sandbox, though: it may do what the server's user may, and has the server's settings. If it dies, be
it of an image, of one that takes too long, or by the kernel's hand, the one job that it had fails
and another worker takes its place. If the server dies, however that happens, the sockets end, and
with them the fork server and the workers: a busy one after its job.
"""

import asyncio
import contextlib
import gc
import json
import logging
import os
import pickle
import socket
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, Literal, TypeVar, cast

from pydantic import TypeAdapter

from service.engine.forkserver import DONE, framed, run_fork_server, unframed
from service.problems import NotReady, Problem, WorkerLost

J = TypeVar("J")
T = TypeVar("T")

PAUSE_S = 0.5
"""Before a worker is replaced that died without a job, so that one which cannot live is not forked
over and over. One that died of its job is replaced at once."""

MOST_ANSWERED = 64 * 2**20
"""Bytes of an answer; a worker that sends more has gone wrong."""

logger = logging.getLogger("faceveil.workers")


class Processes(Generic[J, T]):
    """A fixed number of worker processes."""

    def __init__(
        self,
        load: Callable[[], Callable[[J], T]],
        answer: type[T],
        refusals: Sequence[type[Problem]],
        size: int,
    ) -> None:
        """Forks the fork server, which begins to load.

        Args:
            load: called in the fork server; returns what a worker does with a job, which can be
                pickled.
            answer: what that returns; Pydantic can write it as JSON.
            refusals: the problems that it may raise; each is made of its detail alone. A worker
                that raises anything else dies of it.
            size: workers.
        """
        self.size = size
        self._answer = TypeAdapter(answer)
        self._refusals = {kind.slug: kind for kind in refusals}
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._waiting: deque[tuple[bytes, asyncio.Future[T]]] = deque()
        self._running: set[asyncio.Future[T]] = set()
        self._hiring: set[asyncio.Task[None]] = set()
        self._ending = False
        self._control, theirs = socket.socketpair()
        # What is there now is left alone by the collector, which would write to all of its pages,
        # and so is shared with the workers instead of copied.
        gc.freeze()
        self._pid = os.fork()
        if not self._pid:
            self._control.close()
            run_fork_server(theirs, load, self._answer, size)
        theirs.close()

    def wait_until_loaded(self) -> None:
        """Blocks until the fork server has loaded.

        Raises:
            Exception: what `load` raised.
            ChildProcessError: if the fork server died.
        """
        received = b""
        while (told := unframed(received)) is None:
            part = self._control.recv(2**16)
            if not part:
                raise ChildProcessError("The workers could not be started.")
            received += part
        if told:
            raise pickle.loads(told)  # noqa: S301 - of the fork server, which never met an image

    @property
    def alive(self) -> bool:
        """Whether there are workers, or will be: not when all have died with the fork server."""
        return bool(self._workers or self._hiring)

    async def open(self) -> None:
        """Starts the workers, for the loop that runs."""
        for number in range(self.size):
            await self._hire(number)

    def submit(self, job: J) -> "asyncio.Future[T]":
        """Gives a job to a worker, as soon as one is idle.

        The future fails with the problem that the work raised, with WorkerLost if its worker died,
        and with NotReady if there are no workers any more.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((pickle.dumps(job, pickle.HIGHEST_PROTOCOL), future))
        self._hand_out()
        return future

    async def close(self) -> None:
        """Waits for the running work and ends the processes."""
        self._ending = True
        for task in self._hiring:
            task.cancel()
        self._give_up_waiting()
        if self._running:
            await asyncio.wait(self._running)
        for worker in self._workers:
            worker.end()
        with contextlib.suppress(OSError):  # where the fork server has ended already
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        await asyncio.to_thread(os.waitpid, self._pid, 0)

    async def _hire(self, number: int, pause_s: float = 0) -> None:
        await asyncio.sleep(pause_s)
        while (ours := self._asked_for(number)) is None:
            await asyncio.sleep(PAUSE_S)  # descriptors or memory are short; that may pass
        if not ours:
            return
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(
            lambda: _Worker(number, self._rest, self._lose), sock=ours
        )

    def _asked_for(self, number: int) -> "socket.socket | Literal[False] | None":
        """Our end of the socket of a worker that the fork server was asked for.

        Returns:
            None if that failed and may succeed later; False if the fork server is gone.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError as problem:
            logger.error("no socket for a worker", extra={"reason": problem.strerror})
            return None
        with theirs:
            try:
                socket.send_fds(self._control, [bytes([number])], [theirs.fileno()])
            except OSError as problem:
                ours.close()
                told = {"reason": problem.strerror, "workers": len(self._workers)}
                logger.error("no worker can be forked", extra=told)
                return False if isinstance(problem, ConnectionError) else None
        return ours

    def _rest(self, worker: "_Worker") -> None:
        self._workers.add(worker)
        self._idle.append(worker)
        self._hand_out()

    def _lose(self, worker: "_Worker", at_work: bool) -> None:
        self._workers.discard(worker)
        if not at_work:
            self._idle.remove(worker)
        if self._ending:
            return
        logger.warning("a worker of the engine died", extra={"at_work": at_work})
        task = asyncio.get_running_loop().create_task(
            self._hire(worker.number, 0 if at_work else PAUSE_S)
        )
        self._hiring.add(task)
        task.add_done_callback(self._hired)

    def _hired(self, task: "asyncio.Task[None]") -> None:
        self._hiring.discard(task)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self._idle:
            message, future = self._waiting.popleft()
            self._running.add(future)
            self._idle.pop().begin(message, partial(self._settle, future))
        if not self.alive:
            self._give_up_waiting()

    def _give_up_waiting(self) -> None:
        while self._waiting:
            self._waiting.popleft()[1].set_exception(NotReady("The workers have ended."))

    def _settle(self, future: "asyncio.Future[T]", answer: bytes | None) -> None:
        self._running.discard(future)
        if future.done():
            return  # nobody waits for it any more
        try:
            if not answer:
                raise WorkerLost(WorkerLost.example)
            if answer[:1] == DONE:
                future.set_result(self._answer.validate_json(answer[1:]))
            else:
                slug, detail = json.loads(answer[1:])
                future.set_exception(self._refusals[slug](detail))
        except Exception as error:
            future.set_exception(error)


class _Worker(asyncio.Protocol):
    """The server's end of a worker's socket."""

    def __init__(
        self,
        number: int,
        rest: Callable[["_Worker"], None],
        lose: Callable[["_Worker", bool], None],
    ) -> None:
        """Takes whom to tell.

        Args:
            number: of the worker, less than how many there are.
            rest: that the worker is idle.
            lose: that it is gone, and whether it was at work.
        """
        self.number = number
        self._rest = rest
        self._lose = lose
        self._settle: Callable[[bytes | None], None] | None = None
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._rest(self)

    def begin(self, message: bytes, settle: Callable[[bytes | None], None]) -> None:
        """Sends a job; `settle` is called with the answer, or with None if there will be none."""
        self._settle = settle
        self._transport.write(framed(message))

    def data_received(self, data: bytes) -> None:
        self._received += data
        answer = unframed(self._received)
        if self._settle is None or len(self._received) > MOST_ANSWERED:
            self._transport.abort()  # it speaks unasked, or without end
        elif answer is not None:
            self._received.clear()
            settle, self._settle = self._settle, None
            settle(answer)
            self._rest(self)

    def connection_lost(self, exc: Exception | None) -> None:
        settle, self._settle = self._settle, None
        if settle is not None:
            settle(None)
        self._lose(self, settle is not None)

    def end(self) -> None:
        """Closes the socket, which ends the worker."""
        self._transport.write_eof()
        self._transport.close()
