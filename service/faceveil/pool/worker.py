"""All that a worker does, from its fork to its end. Here strangers' files are read."""

import contextlib
import json
import os
import pickle
import signal
import socket
import warnings
from types import TracebackType
from typing import NoReturn

from faceveil.confinement.walls import Walls, confine, keep_only
from faceveil.pool.duty import Duty, Plan
from faceveil.pool.frames import DONE, FAILED, QUESTION, READY, REFUSED, framed, receive
from faceveil.problems import PictureTooCostly, Problem

MOST_PLACES = 32
"""Of an exception, that the log shows: those nearest to where it was raised."""


def live(
    connection: socket.socket, duty: Duty, plan: Plan, slot: int, promised: Walls, first: bool
) -> NoReturn:
    """Shuts itself in, does one job after the other until the server is gone, and ends.

    Args:
        connection: to the server.
        duty: what it does.
        plan: its bounds.
        slot: less than how many workers there are.
        promised: the walls that must stand around it.
        first: whether it only tries whether work can be done within them.
    """
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _stay_on_a_core(slot, plan.size)
        # What libraries print about a picture, of its metadata too, goes nowhere.
        warnings.simplefilter("ignore")
        connection = keep_only(connection)
        walls = confine(plan.memory_bytes, seccomp=promised["seccomp"], threads=plan.threads)
        if first:
            duty.rehearse()
            connection.sendall(framed(json.dumps(walls).encode()))
        elif all(walls[name] for name, there in promised.items() if there and name in walls):
            connection.sendall(framed(READY))
            _work(connection, duty, plan.cpu_s)
        status = 0
    finally:
        os._exit(status)


def _work(connection: socket.socket, duty: Duty, cpu_s: float) -> None:
    def ask(question: bytes) -> bytes:
        connection.sendall(framed(QUESTION + question))
        return receive(connection)

    with contextlib.suppress(ConnectionError, EOFError):
        while True:
            job = pickle.loads(receive(connection))  # noqa: S301 - of the server, which we trust
            signal.setitimer(signal.ITIMER_PROF, cpu_s)
            try:
                message = DONE + duty.do(job, ask)
            except MemoryError:
                message = REFUSED + _refusal(PictureTooCostly(PictureTooCostly.example))
            except Problem as problem:
                message = REFUSED + _refusal(problem)
            except (ConnectionError, EOFError):
                raise
            except Exception as error:
                # Its text is left out: it may quote the file.
                where = _places(error.__traceback__)[-MOST_PLACES:]
                message = FAILED + json.dumps([type(error).__qualname__, where]).encode()
            signal.setitimer(signal.ITIMER_PROF, 0)
            del job
            connection.sendall(framed(message))


def _refusal(problem: Problem) -> bytes:
    return json.dumps([problem.slug, problem.detail]).encode()


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback:
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}.{traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return places


def _stay_on_a_core(slot: int, size: int) -> None:
    """Keeps a worker on a core of its own, where each can have one.

    Each sleeps for a moment between its jobs, and would else wake beside another now and then.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) == size:
            os.sched_setaffinity(0, {cores[slot]})
