"""What is read from /proc, of a drawn one and of this process."""

import os
from pathlib import Path

import pytest

from benchmarks.serving.process import TICKS_A_SECOND, cpu_seconds, memory, peak_rss, tree


def _process(proc: Path, pid: int, parent: int, ticks: int, kilobytes: int) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    # The name may hold blanks and brackets.
    before_the_times = f"{pid} (a (very) odd name) S {parent} 0 0 0 0 0 0 0 0 0"
    (folder / "stat").write_text(f"{before_the_times} {ticks} {ticks} {ticks} {ticks} 0 0")
    (folder / "smaps_rollup").write_text(
        f"00-ff ---p 00 00:00 0 [rollup]\nRss: {kilobytes} kB\nPss: {kilobytes // 2} kB\n"
    )
    (folder / "status").write_text(f"Name:\tx\nVmHWM:\t{kilobytes} kB\n")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    _process(tmp_path, 10, 1, TICKS_A_SECOND, 1000)
    _process(tmp_path, 11, 10, TICKS_A_SECOND, 2000)
    _process(tmp_path, 12, 11, TICKS_A_SECOND, 4000)
    _process(tmp_path, 20, 1, TICKS_A_SECOND, 8000)
    return tmp_path


def test_descendants_count_and_others_do_not(proc: Path) -> None:
    assert sorted(tree(10, proc)) == [10, 11, 12]
    assert cpu_seconds(10, proc) == 12
    assert memory(10, proc).rss == pytest.approx(7000 * 1024 / 1e6)
    assert memory(10, proc).pss == pytest.approx(3500 * 1024 / 1e6)
    assert peak_rss(10, proc) == pytest.approx(7000 * 1024 / 1e6)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux only")
def test_this_process_has_a_cost() -> None:
    assert cpu_seconds(os.getpid()) > 0
    held = memory(os.getpid())
    assert 1 < held.pss <= held.rss
