"""Logs: one JSON object a line, with the request's id, and nothing of what was sent."""

import json
import logging
import os
import sys
import warnings
from typing import Any

import pytest

from faceveil.settings import LogSettings
from faceveil.telemetry.logs import (
    JsonFormatter,
    TextFormatter,
    WritingBehind,
    configure_logging,
)
from faceveil.telemetry.seldom import PAUSE_S, Seldom
from tests.access.test_quotas import Clock
from tests.drawn import draw_face
from tests.pictures import black_png, encoded
from tests.running import RunningServer

SECRET = "Erika Mustermann"
GREETING = (
    "FaceVeil answers",
    "  model",
    "  keeps",
    "  keys",
    "  terms",
    "  page",
    "  try",
    " " * 9,
)


def _record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    try:
        raise ValueError(f"cannot read {SECRET}")
    except ValueError:
        failure = sys.exc_info() if extra.pop("failed", False) else None
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, arguments, failure)
    vars(record).update(extra)
    return record


def _json(record: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(record)
    assert "\n" not in line
    entry: dict[str, Any] = json.loads(line)
    return entry


def test_a_record_is_one_json_object_with_its_extra_fields() -> None:
    entry = _json(_record("two\nlines of %s", "words", request_id="abc", ms=1.5))
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "info",
        "logger": "test",
        "message": "two\nlines of words",
        "request_id": "abc",
        "ms": 1.5,
    }


def test_what_json_does_not_know_is_written_as_text() -> None:
    assert _json(_record("odd", value={1, 2}))["value"] == "{1, 2}"


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_an_exception_is_told_by_type_and_place_without_its_text(
    formatter: logging.Formatter,
) -> None:
    line = formatter.format(_record("failed", failed=True))
    assert "ValueError" in line
    assert f"{__name__}._record" in line
    assert SECRET not in line


def test_a_line_for_people_ends_with_the_extra_fields() -> None:
    line = TextFormatter().format(_record("request", status=200))
    assert line.endswith(" INFO request status=200")


@pytest.mark.usefixtures("logging_put_back")
def test_every_logger_and_warning_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logging(LogSettings(level="warning"))
        logging.getLogger("uvicorn.error").warning("from the server")
        logging.getLogger("anything").info("below the level")
        warnings.warn("from a library", UserWarning, stacklevel=1)
    messages = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert len(messages) == 2
    assert messages[0] == "from the server"
    assert "from a library" in messages[1]


@pytest.mark.usefixtures("logging_put_back")
def test_text_is_logged_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(format="text"))
    logging.getLogger("any").info("hello")
    assert capsys.readouterr().err.endswith(" INFO hello\n")


def test_the_server_logs_each_request_by_its_id_operation_and_status(
    server: RunningServer, face_jpeg: bytes
) -> None:
    response = server.client.post("/v1/anonymize", files={"image": face_jpeg})
    (record,) = server.log_of(response.headers["x-request-id"])
    assert (record["message"], record["operation"]) == ("request", "anonymize")
    assert (record["level"], record["status"]) == ("info", 200)
    assert record["ms"] > 0


def test_the_server_logs_nothing_of_what_is_sent(server: RunningServer) -> None:
    picture = encoded(draw_face(256), "PNG") + SECRET.encode()
    headers = {"X-Request-ID": "last-of-these", "User-Agent": SECRET}
    sent = [
        server.client.post("/v1/anonymize", files={"image": (f"{SECRET}.png", picture)}),
        server.client.post("/v1/anonymize", files={SECRET: picture}),
        server.client.post("/v1/anonymize", json={"image": SECRET}),
        server.client.post("/v1/anonymize", content=SECRET, headers={"Content-Type": "image/png"}),
        server.client.get(f"/{SECRET}", params={SECRET: SECRET}, headers=headers),
    ]
    assert [response.status_code for response in sent] == [200, 422, 422, 422, 404]
    server.log_of("last-of-these")
    for word in (*SECRET.split(), "image=", "iVBOR", "PNG"):
        assert not [line for line in server.output if word in line and not line.startswith("  try")]


def test_every_line_of_the_server_is_json_after_its_greeting(server: RunningServer) -> None:
    # Pillow warns of a picture of this size; that too must not be plain text between the records.
    large = server.client.post(
        "/v1/anonymize",
        content=black_png(10_000, 10_000),
        headers={"Content-Type": "image/png", "X-Request-ID": "large"},
    )
    assert large.status_code == 413
    server.log_of("large")
    for line in server.output:
        if not (line == "" or line.startswith(GREETING)):
            assert json.loads(line)["level"] in ("info", "warning")


def test_the_server_does_not_log_its_probes(server: RunningServer) -> None:
    ids = []
    for path in ("/healthz", "/readyz", "/metrics", "/v1/models"):
        response = server.client.get(path)
        assert response.status_code == 200
        ids.append(response.headers["x-request-id"])
    server.log_of(ids.pop())
    assert not [line for line in server.output if any(probe in line for probe in ids)]


def _lines_of(descriptor: int, wanted: str) -> list[str]:
    """What is written until a line has these words."""
    lines: list[str] = []
    with os.fdopen(descriptor, encoding="utf-8") as reading:
        for line in reading:
            lines.append(line.rstrip("\n"))
            if wanted in line:
                break
    return lines


def test_what_nobody_reads_is_lost_beyond_a_bound_and_counted() -> None:
    reading, writing = os.pipe()
    behind = WritingBehind(writing, most=10)
    behind.setFormatter(TextFormatter())
    long = "x" * 100_000  # more than the pipe holds: the thread is stuck with the first
    for number in range(50):
        behind.emit(_record(f"line {number} {long}"))
    lines = _lines_of(reading, "were lost")
    os.close(writing)
    numbers = [int(line.split()[3]) for line in lines[:-1]]
    assert numbers[:10] == list(range(10))
    lost = int(lines[-1].partition("lines=")[2])
    assert lost >= 39
    assert len(numbers) + lost == 50


def test_what_is_read_is_all_written_in_its_order() -> None:
    reading, writing = os.pipe()
    behind = WritingBehind(writing)
    behind.setFormatter(TextFormatter())
    for number in range(100):
        behind.emit(_record(f"line {number}"))
    behind.flush()
    behind.emit(_record("the end"))
    lines = _lines_of(reading, "the end")
    os.close(writing)
    assert [line.split()[-1] for line in lines[:-1]] == [str(number) for number in range(100)]


def test_what_recurs_is_told_once_a_minute_and_each_cause_by_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    seldom = Seldom(logging.getLogger("test"), clock)
    for _ in range(3):
        seldom.warn("gone", "SQLITE_FULL")
        seldom.warn("gone", "SQLITE_BUSY")
    clock.now += PAUSE_S
    seldom.warn("gone", "SQLITE_FULL")
    logged = [(vars(one)["cause"], vars(one).get("kept_back")) for one in caplog.records]
    assert logged == [("SQLITE_FULL", None), ("SQLITE_BUSY", None), ("SQLITE_FULL", 2)]
