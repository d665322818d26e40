"""What a process and its children cost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.reliability.watch import held
from benchmarks.serving.process import cpu_seconds, memory, peak_rss, tree

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="what is measured is Linux's"
)

_MB = 40
_CHILD = f"block = b'x' * {_MB * 10**6}; print(flush=True); input()"
_PARENT = (
    "import subprocess, sys; busy = sum(range(3_000_000));"
    f'subprocess.run([sys.executable, "-c", "{_CHILD}"])'
)


@pytest.fixture
def family() -> Iterator[int]:
    """A process that has spent some time, and its child that holds some memory."""
    command = [sys.executable, "-c", _PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:  # noqa: S603
        assert parent.stdout
        parent.stdout.readline()
        yield parent.pid
        parent.communicate(b"\n")


def test_descendants_count_and_others_do_not(family: int) -> None:
    first, child = tree(family)
    assert (first.pid, child.ppid()) == (family, family)
    assert memory(family).rss > memory(child.pid).rss > _MB
    assert memory(family).pss > memory(child.pid).pss > _MB
    assert peak_rss(family) > peak_rss(child.pid) > _MB
    assert cpu_seconds(family) > 0
    assert held(family).processes == 2
    assert held(family).threads == 2
    assert held(family).descriptors > held(child.pid).descriptors > 0


def test_one_that_has_ended_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert tree(ended.pid) == []
    assert cpu_seconds(ended.pid) == memory(ended.pid).rss == peak_rss(ended.pid) == 0


def test_this_process_has_a_cost() -> None:
    assert cpu_seconds(os.getpid()) > 0
    own = memory(os.getpid())
    assert 1 < own.pss <= own.rss
