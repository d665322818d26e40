"""Logs: a JSON object a line on standard error, or plain text; never an image, never a subject."""

import atexit
import contextlib
import json
import logging
import os
import queue
import sys
import threading
import time
from datetime import UTC, datetime
from types import TracebackType

from faceveil.settings import LogSettings

MOST_LINES = 10_000
_FLUSHING_S = 1.0

_GATHERING_S = 0.02
"""Seconds that lines are gathered for: a thread that wakes for each costs a twentieth of a load."""

_AT_ONCE = 256
"""Most lines of one write."""
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object: time, level, logger, message and its extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Formats the record; of an exception, its type and places, and never its text."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            entry["exception"] = record.exc_info[0].__qualname__
            entry["places"] = _places(record.exc_info[2])
        return json.dumps(entry, default=str)


class TextFormatter(logging.Formatter):
    """Writes a record as a line for people, its extra fields behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """Formats the record; of an exception, its type and places, and never its text."""
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        extra = [f"{key}={value}" for key, value in vars(record).items() if key not in _STANDARD]
        if record.exc_info and record.exc_info[0]:
            extra += [record.exc_info[0].__qualname__, *_places(record.exc_info[2])]
        return " ".join([time, record.levelname, record.getMessage(), *extra])


def configure_logging(settings: LogSettings) -> None:
    """Sends every logger and warning of this process through one handler on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    logging.captureWarnings(True)
    for talkative in ("alembic", "dbos", "PIL"):  # PIL tells of pictures
        logging.getLogger(talkative).setLevel(logging.WARNING)


def write_behind() -> None:
    """Has a thread of its own write what is logged from now on, so that nobody waits for a reader.

    To be called once this process forks no more: a thread does not outlive a fork.
    """
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            behind = WritingBehind(sys.stderr.fileno())
            behind.setFormatter(handler.formatter)
            root.removeHandler(handler)
            root.addHandler(behind)
            atexit.register(behind.flush)


class WritingBehind(logging.Handler):
    """Hands lines to a thread that writes them; where that falls behind too far, lines are lost.

    How many were lost is the first thing logged when it has caught up.
    """

    def __init__(self, descriptor: int, most: int = MOST_LINES) -> None:
        """Starts the thread.

        Args:
            descriptor: of the file that is written to. No stream's: its lock would be held while
                nobody reads, also when the process wants to end.
            most: lines that may wait.
        """
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[str] = queue.Queue(most)
        self._lost = 0
        threading.Thread(target=self._write, name="faceveil-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Puts a line at the end of the queue, or counts it as lost."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._lost += 1
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Waits a moment for the lines that wait."""
        until = time.monotonic() + _FLUSHING_S
        while self._lines.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.005)

    def _write(self) -> None:
        while True:
            lines = [self._lines.get()]
            time.sleep(_GATHERING_S)
            with contextlib.suppress(queue.Empty):
                while len(lines) < _AT_ONCE:
                    lines.append(self._lines.get_nowait())
            try:
                self._put("\n".join(lines))
                if self._lost and self._lines.empty():
                    lost, self._lost = self._lost, 0
                    self._put(self.format(_loss(lost)))
            except OSError:
                pass  # nobody will ever read it
            finally:
                for _ in lines:
                    self._lines.task_done()

    def _put(self, line: str) -> None:
        left = (line + "\n").encode(errors="backslashreplace")
        while left:
            left = left[os.write(self._descriptor, left) :]


def _loss(lines: int) -> logging.LogRecord:
    head = {"levelno": logging.WARNING, "levelname": "WARNING", "name": __name__, "lines": lines}
    return logging.makeLogRecord(head | {"msg": "lines of the log were lost: nobody read it"})


def _places(traceback: TracebackType | None) -> list[str]:
    """Where an exception passed, outermost first.

    An exception's own text can quote the data that it stumbled on, which may be an image's.
    """
    places = []
    while traceback:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}.{code.co_qualname}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return places
