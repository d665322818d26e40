"""Reads a stranger's file of features in a process of its own: the other side of `reader`."""

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from faceveil.confinement.walls import Wanted
from faceveil.featurefile.columns import (
    Bounds,
    Columns,
    FileError,
    NotInstalledError,
    check_size,
    collected,
)
from faceveil.featurefile.reader import READY, UNCONFINED, request_line
from faceveil.problems import NotInstalled

WALL_S = 60.0
"""Seconds after which a reader is ended, whatever it waits for."""

_WORDS = 2**20
"""Bytes that an answer may have beside what the file unpacks to."""

_WORDS_A_ROW = 128
"""Bytes that each row may add: a reader that was taken over must not make parsing costly."""

_COMMAND = (sys.executable, "-P", "-m", "faceveil.featurefile.reader")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS")

logger = logging.getLogger("faceveil.features")


class TooCostlyError(FileError):
    """The file takes more memory or time to read than one may."""

    def __init__(self) -> None:
        super().__init__("it takes more memory or time to read than a file may.")


def read_apart(
    data: bytes,
    suffix: str,
    bounds: Bounds,
    chosen: str | None = None,
    confinement: Wanted = "if-possible",
) -> Columns:
    """What a file holds, as `read` finds it; blocks until its reader has ended.

    Args:
        data: the file.
        suffix: its kind, as `.npz`.
        bounds: what is refused.
        chosen: which columns of a table are dimensions.
        confinement: whether every wall must stand around its reader.

    Raises:
        FileError: as `read` does.
        TooCostlyError: where the reader was ended over it.
        OSError: where no reader can be started.
        NotInstalled: where it cannot be confined as is required; it has not met the file then.
    """
    request = request_line(suffix.lower(), bounds, chosen, confinement)
    longest = 2 * bounds.unpacked + _WORDS
    try:
        answer, status = _exchange(request, data, longest)
    except OSError:  # ended before it met the file, so not by it
        answer, status = _exchange(request, data, longest)
    end = answer.find(b"\n")
    try:
        if end > _WORDS + _WORDS_A_ROW * bounds.rows:
            raise ValueError("it says more than its rows can have")
        return _columns(answer[: end + 1], memoryview(answer)[end + 1 :], bounds)
    except (ValidationError, ValueError) as problem:
        if isinstance(problem, FileError):
            raise
        # It was ended, or is no longer ours.
        logger.warning("a file ended its reader", extra={"status": status})
        raise TooCostlyError from None


def _exchange(request: bytes, data: bytes, longest: int) -> tuple[bytes, int]:
    """Sends both to a new reader; returns its answer, cut off behind `longest`, and its status.

    Raises:
        OSError: where it does not start.
        NotInstalled: where it is not confined as is required.
    """
    with subprocess.Popen(  # noqa: S603 - our own command
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a library's complaint may quote the file
        env=_environment(),
        cwd="/",
        start_new_session=True,  # Ctrl-C is the server's
    ) as process:
        assert process.stdin
        assert process.stdout
        late = threading.Timer(WALL_S, process.kill)
        late.start()
        try:
            with contextlib.suppress(BrokenPipeError):  # ended already: what it said shows why
                process.stdin.write(request)
                process.stdin.flush()
            said = process.stdout.read(len(READY))
            if said == UNCONFINED:
                raise NotInstalled(
                    "What reads files of features cannot be confined as is required."
                )
            if said != READY:
                raise OSError("the reader of feature files does not start")
            # Where it is ended meanwhile, its answer shows that.
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(data)
            answer = process.stdout.read(longest + 1)
            if len(answer) <= longest:
                process.wait()
        finally:
            late.cancel()
            process.kill()  # one that goes on writing is not listened to
    return answer, process.returncode


class _Coded(BaseModel):
    values: list[str | None]
    rows: list[int]

    def column(self) -> Sequence[str | None]:
        if self.rows and not 0 <= min(self.rows) <= max(self.rows) < len(self.values):
            raise ValueError("a row has no such label")
        return [self.values[row] for row in self.rows]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fault: Literal["file", "extra"] | None = None
    sentence: str = ""
    shape: tuple[int, int] = (0, 0)
    kind: Literal["<f4", "<f8"] = "<f4"
    labels: dict[str, _Coded] = Field(default_factory=dict)
    dimensions: list[str] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)


def _columns(head: bytes, table: memoryview, bounds: Bounds) -> Columns:
    answer = _Answer.model_validate_json(head)
    match answer.fault:
        case "file":
            raise FileError(answer.sentence)
        case "extra":
            raise NotInstalledError(answer.sentence)
    check_size(answer.shape[0], len(table), bounds)
    found = {name: coded.column() for name, coded in answer.labels.items()}
    embedding = np.frombuffer(table, answer.kind).reshape(answer.shape)
    return collected({**found, "embedding": embedding}, answer.dimensions, answer.ignored)


def _environment() -> dict[str, str]:
    """All that a reader gets: where our code is, and that it has one core and little memory."""
    paths = [str(Path(path).absolute()) for path in sys.path]
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        # Begun at the import, it would stay outside of the walls, which are each thread's own.
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        "MALLOC_ARENA_MAX": "1",
        **dict.fromkeys(_THREADS, "1"),
    }
