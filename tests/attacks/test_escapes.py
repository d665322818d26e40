"""A reader that is taken over cannot get out, where the kernel has walls."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from faceveil.engine.duty import Plan
from faceveil.engine.processes import Processes
from faceveil.problems import WorkerLost
from tests.attacks.duties import ESCAPES

pytestmark = pytest.mark.anyio
Pool = Processes[list[Any], list[Any]]


@pytest.fixture
async def readers() -> AsyncIterator[Pool]:
    pool = Pool(Plan("tests.attacks.duties:load", {}, 1), list[Any], [])
    pool.wait_until_loaded()
    await pool.open()
    yield pool
    await pool.close()


@pytest.mark.parametrize("name", ESCAPES)
async def test_every_way_out_is_refused(readers: Pool, tmp_path: Path, name: str) -> None:
    if not readers.walls["seccomp"]:
        pytest.skip("this kernel has no seccomp filters")
    told = await readers.submit([name, os.getpid(), str(tmp_path / "written")])
    assert told != ["escaped"]
    assert not list(tmp_path.iterdir())


async def test_an_answer_without_end_is_cut_off(readers: Pool) -> None:
    with pytest.raises(WorkerLost):
        await readers.submit(["tell without end", 0, ""])
    assert await readers.submit(["open a file", 0, ""]) != ["escaped"]
