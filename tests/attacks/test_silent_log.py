"""A log that nobody reads stops nobody."""

import os
import re
import subprocess
from pathlib import Path

import httpx2

from tests.running import COMMAND, PATIENCE_S

REQUESTS = 1000
"""Whose lines are more than a pipe holds."""


def test_a_pipe_that_nobody_reads_does_not_stop_the_server(tmp_path: Path) -> None:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [COMMAND, "serve", "--port", "0"],
        env={**os.environ, "FACEVEIL_STATE_DIRECTORY": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr
        address = None
        while not (line := process.stderr.readline()).startswith("  try"):
            assert line, "it ended"
            address = (re.search(r"answers at (\S+)", line) or [None, address])[1]
        with httpx2.Client(base_url=str(address), timeout=PATIENCE_S) as client:
            for _ in range(REQUESTS):
                assert client.get("/v1/models/none").status_code == 404
        process.terminate()
        process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()
