"""The fork server and its workers: the processes' side of `service.engine.processes`.

The fork server loads what the work needs and from then on only forks, so what is loaded lies in
memory once for all workers, and a new one is there within milliseconds. It never meets an image.
"""

import contextlib
import gc
import json
import logging
import os
import pickle
import signal
import socket
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from pydantic import TypeAdapter

from service.problems import Problem

DONE, REFUSED = b"=", b"!"
"""What an answer begins with: behind it comes JSON, of the result or of a problem."""

NICENESS = 5
"""Of the workers, so that the server beside them on the same cores hands out and refuses at once;
audits are nicer still."""

LONGEST_S = 60
"""Seconds of a job. A worker that takes longer is ended by the kernel, in whatever library it is,
and its request fails as if it had died."""

_LENGTH = 4

logger = logging.getLogger("faceveil.workers")


def framed(message: bytes) -> bytes:
    """A message with its length before it."""
    return len(message).to_bytes(_LENGTH) + message


def unframed(received: bytes | bytearray) -> bytes | None:
    """The message that was received; None where some of it is still missing."""
    end = _LENGTH + int.from_bytes(received[:_LENGTH])
    return bytes(received[_LENGTH:end]) if len(received) >= end else None


def run_fork_server(
    control: socket.socket,
    load: Callable[[], Callable[[Any], Any]],
    answer: TypeAdapter[Any],
    size: int,
) -> NoReturn:
    """What the process does that was just forked from the server. Ends it, whatever happens.

    Args:
        control: over which the server sends a number and a socket for each worker that it wants.
        load: returns what a worker does with a job.
        answer: writes what that returns.
        size: most workers at a time; their numbers are less.
    """
    status = 1
    try:
        # What ends the server ends its sockets, and these the workers, after the work in hand.
        # A terminal and some supervisors send these to all of the group.
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no worker that ended stays as a zombie
        with contextlib.suppress(ConnectionError):  # where the server stopped meanwhile
            try:
                work = load()
            except Exception as error:
                control.sendall(framed(pickle.dumps(error)))
            else:
                control.sendall(framed(b""))
                os.nice(NICENESS)
                gc.collect()
                gc.freeze()  # a collection would write to every page, and so part them
                _fork(control, work, answer, size)
        status = 0
    except BaseException:
        logger.exception("the workers' fork server failed")
    finally:
        os._exit(status)


def _fork(
    control: socket.socket, work: Callable[[Any], Any], answer: TypeAdapter[Any], size: int
) -> None:
    """Forks a worker for each socket that comes, until the server is gone."""
    while wanted := _wanted(control):
        number, descriptor = wanted
        with socket.socket(fileno=descriptor) as connection:
            try:
                forked = os.fork()
            except OSError:
                logger.exception("a worker cannot be forked")
                continue
            if not forked:
                control.close()
                _live(connection, work, answer, number, size)
    with contextlib.suppress(ChildProcessError):
        os.wait()  # for all of them


def _live(
    connection: socket.socket,
    work: Callable[[Any], Any],
    answer: TypeAdapter[Any],
    number: int,
    size: int,
) -> NoReturn:
    """All that a worker does, and its end."""
    status = 1
    try:
        _stay_on_a_core(number, size)
        _work(connection, work, answer)
        status = 0
    except BaseException:
        logger.exception("a worker failed")
    finally:
        os._exit(status)


def _wanted(control: socket.socket) -> tuple[int, int] | None:
    """The number of the next worker, and the descriptor of its socket."""
    try:
        number, descriptors, *_ = socket.recv_fds(control, 1, 1)
    except ConnectionError:
        return None
    return (number[0], descriptors[0]) if descriptors else None


def _stay_on_a_core(number: int, size: int) -> None:
    """Keeps a worker on a core of its own, where each can have one.

    Each sleeps for a moment between its jobs, and would else wake beside another now and then.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) == size:
            os.sched_setaffinity(0, {cores[number]})


def _work(connection: socket.socket, work: Callable[[Any], Any], answer: TypeAdapter[Any]) -> None:
    """Does one job after the other, until the server is gone."""
    with contextlib.suppress(ConnectionError, EOFError), connection.makefile("rb") as stream:
        while True:
            job = pickle.loads(_received(stream))  # noqa: S301 - of the server, which we trust
            signal.alarm(LONGEST_S)
            try:
                told = DONE + answer.dump_json(work(job))
            except Problem as problem:
                told = REFUSED + json.dumps([problem.slug, problem.detail]).encode()
            signal.alarm(0)
            connection.sendall(framed(told))


def _received(stream: BinaryIO) -> bytes:
    length = int.from_bytes(stream.read(_LENGTH))
    message = stream.read(length)
    if not length or len(message) < length:
        raise EOFError
    return message
