"""Logs: a JSON object a line on standard error, or plain text; never an image, never a subject."""

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

from service.settings import LogSettings

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object: time, level, logger, message and its extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Formats the record; of an exception it tells the type and the places, not the text."""
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
        """Formats the record; of an exception it tells the type and the places, not the text."""
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
    for talkative in ("alembic.runtime.plugins", "dbos", "PIL"):  # PIL tells of pictures
        logging.getLogger(talkative).setLevel(logging.WARNING)


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
