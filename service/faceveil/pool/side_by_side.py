"""Processes that share a long work on one machine, for commands; servers have workers."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from faceveil.pool.cpus import usable_cores


def side_by_side(
    jobs: int | None = None,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
) -> ProcessPoolExecutor:
    """A pool of processes that start afresh; a script that asks for one needs a main guard.

    A mere fork takes over the locks of threads that it does not take over, OpenMP's among them, and
    may wait for them for ever
    (https://scikit-learn.org/stable/faq.html#why-do-i-sometimes-get-a-crash-freeze-with-n-jobs-1-under-osx-or-linux).

    Args:
        jobs: how many of them; one for each usable core, where none is given.
        initializer: what each calls first.
        initargs: with these, which must be picklable.
    """
    return ProcessPoolExecutor(
        jobs or usable_cores(), get_context("forkserver"), initializer, initargs
    )
