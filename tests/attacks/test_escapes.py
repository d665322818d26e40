"""A reader that is taken over cannot get out, where the kernel has walls."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from faceveil.featurefile import apart
from faceveil.pool.duty import Plan
from faceveil.pool.processes import Processes
from faceveil.problems import WorkerLost
from tests.attacks.duties import ESCAPES

pytestmark = pytest.mark.anyio
Pool = Processes[list[Any], list[Any]]


@pytest.fixture(params=[False, True], ids=["alone", "with threads"])
async def readers(request: pytest.FixtureRequest) -> AsyncIterator[Pool]:
    pool = Pool(Plan("tests.attacks.duties:load", {}, 1, threads=request.param), list[Any], [])
    pool.wait_until_loaded()
    await pool.open()
    yield pool
    await pool.close()


@pytest.mark.parametrize("name", ESCAPES)
async def test_every_way_out_is_refused(readers: Pool, tmp_path: Path, name: str) -> None:
    if not readers.walls["seccomp"]:
        pytest.skip("this kernel has no seccomp filters")
    answer = await readers.submit([name, os.getpid(), str(tmp_path / "written")])
    assert answer != ["escaped"]
    assert not list(tmp_path.iterdir())


async def test_an_answer_without_end_is_cut_off(readers: Pool) -> None:
    with pytest.raises(WorkerLost):
        await readers.submit(["tell without end", 0, ""])
    assert await readers.submit(["open a file", 0, ""]) != ["escaped"]


_TRY_ALL = """
import json, sys
from faceveil.featurefile import reader
from tests.attacks.duties import ESCAPES
suffix, pid, path = sys.argv[1:]
reader.confine(suffix)
escaped = []
for name, escape in ESCAPES.items():
    try:
        escape(int(pid), path)
        escaped.append(name)
    except (OSError, ValueError):
        pass
print(json.dumps(escaped))
"""


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_a_reader_of_feature_files_finds_no_way_out_either(suffix: str, tmp_path: Path) -> None:
    status = Path("/proc/self/status")
    if not (status.exists() and "Seccomp:" in status.read_text()):
        pytest.skip("this kernel has no seccomp filters")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        attacker = [sys.executable, "-P", "-c", _TRY_ALL]
        given = [suffix, str(victim.pid), str(tmp_path / "written")]
        tried = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", _START, *attacker, *given],
            env=apart._environment(),
            capture_output=True,
            check=True,
        )
        victim.communicate(b"\n")
    assert json.loads(tried.stdout) == []
    assert not list(tmp_path.iterdir())


_START = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:], check=True).returncode)"
"""A parent for it, whom it may try to kill."""
