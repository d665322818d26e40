"""The server's end of a worker's socket."""

import asyncio
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from faceveil.pool.frames import QUESTION, READY, announced, framed, take


@dataclass(slots=True, eq=False)
class Errand:
    """A job on its way.

    Attributes:
        job: what the worker is given; can be pickled.
        answer: answers the one question that the worker may ask; ValueError if it may not ask this.
        fits: whether a result can be that of this job.
        future: of its result.
        name: under which the log tells of a failure.
        losses: workers that died of it.
        overdue: ends the worker that takes too long for it.
    """

    job: Any
    answer: Callable[[bytes], bytes]
    fits: Callable[[Any], bool]
    future: "asyncio.Future[Any]"
    name: str
    losses: int = 0
    overdue: asyncio.TimerHandle | None = None


class Owner(Protocol):
    """Whom a connection tells."""

    def rest(self, worker: "Connection") -> None:
        """The worker is idle."""
        ...

    def settle(self, errand: Errand, message: bytes) -> None:
        """The worker says how its job ended."""
        ...

    def lose(self, worker: "Connection", errand: Errand | None) -> None:
        """The worker is gone, with the errand that it had."""
        ...


class Connection(asyncio.Protocol):
    """Speaks with one worker, and believes nothing of what it says.

    Attributes:
        number: of the worker; no two have the same.
        slot: of the worker, less than how many there are.
        done: jobs that it has done.
        replaces: the worker that is to go once this one is there.
        retired: whether it is to go once it is idle.
    """

    def __init__(
        self,
        number: int,
        slot: int,
        owner: Owner,
        most_answered: int,
        replaces: "Connection | None" = None,
    ) -> None:
        self.number = number
        self.slot = slot
        self.done = 0
        self.replaces = replaces
        self.retired = False
        self._connected = False
        self._owner = owner
        self._most_answered = most_answered
        self._ready = False
        self._errand: Errand | None = None
        self._may_ask = False
        self._received = bytearray()

    @property
    def busy(self) -> bool:
        """Whether it has a job."""
        return self._errand is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ready; the worker is once it says so."""
        self._transport = cast(asyncio.Transport, transport)
        self._connected = True
        if self.retired:
            self.end()

    def begin(self, errand: Errand) -> None:
        """Sends a job."""
        self._errand, self._may_ask = errand, True
        self._transport.write(framed(pickle.dumps(errand.job, pickle.HIGHEST_PROTOCOL)))

    def data_received(self, data: bytes) -> None:
        """Hears what the worker says; one that speaks out of turn, or without end, is cut off."""
        self._received += data
        try:
            if announced(self._received) > self._most_answered:
                raise ValueError
            while (message := take(self._received)) is not None:
                self._hear(message)
        except ValueError:
            self._received.clear()
            self._transport.abort()

    def _hear(self, message: bytes) -> None:
        if not self._ready:
            if message != READY:
                raise ValueError
            self._ready = True
            self._owner.rest(self)
        elif self._errand is None:
            raise ValueError
        elif message[:1] == QUESTION:
            if not self._may_ask:
                raise ValueError
            self._may_ask = False
            self._transport.write(framed(self._errand.answer(message[1:])))
        else:
            errand, self._errand = self._errand, None
            self.done += 1
            self._owner.settle(errand, message)
            self._owner.rest(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The worker is gone, or was cut off."""
        errand, self._errand = self._errand, None
        self._owner.lose(self, errand)

    def end(self) -> None:
        """Closes the socket, as soon as it is ready, which ends the worker."""
        self.retired = True
        if self._connected:
            self._transport.write_eof()
            self._transport.close()
