"""The server's worker starts when it is wanted, again when it died, and ends with the server."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from faceveil.jobs import supervisor
from faceveil.jobs.supervisor import Supervisor

PATIENCE_S = 20.0


def _worker(file: Path, then: str) -> tuple[str, ...]:
    """A program that notes its start, then does something."""
    note = f"open({str(file)!r}, 'a').write('x')"
    return (sys.executable, "-c", f"import sys; {note}; {then}")


def _starts(file: Path) -> int:
    return len(file.read_text()) if file.exists() else 0


def _wait_for(file: Path, starts: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while _starts(file) < starts:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_starts_once_however_often_it_is_wanted(tmp_path: Path) -> None:
    watched = Supervisor(_worker(tmp_path / "starts", "sys.stdin.read()"))
    assert _starts(tmp_path / "starts") == 0
    for _ in range(5):
        watched.wanted()
    _wait_for(tmp_path / "starts", 1)
    watched.close()
    assert _starts(tmp_path / "starts") == 1
    watched.wanted()
    assert _starts(tmp_path / "starts") == 1


def test_one_that_dies_is_started_again_after_ever_longer_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "RESTART_S", 0.1)
    watched = Supervisor(_worker(tmp_path / "starts", "sys.exit(1)"))
    began = time.monotonic()
    watched.wanted()
    _wait_for(tmp_path / "starts", 4)
    assert time.monotonic() - began > 0.95 * (0.1 + 0.2 + 0.4)
    watched.close()


def test_one_that_cannot_be_started_is_tried_again_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "RESTART_S", 0.01)
    program, starts = tmp_path / "worker", tmp_path / "starts"
    watched = Supervisor((str(program),))
    watched.wanted()
    until = time.monotonic() + PATIENCE_S
    while caplog.messages.count("the worker cannot be started") < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    draft = tmp_path / "draft"
    draft.write_text(f"#!/bin/sh\nprintf x >> '{starts}'\nexec cat\n")
    draft.chmod(0o700)
    draft.rename(program)
    _wait_for(starts, 1)
    watched.close()


def test_one_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE_S", 0.2)
    watched = Supervisor(_worker(tmp_path / "starts", "import time; time.sleep(600)"))
    watched.wanted()
    _wait_for(tmp_path / "starts", 1)
    process = watched._process
    assert isinstance(process, subprocess.Popen)
    watched.close()
    assert process.returncode is not None
