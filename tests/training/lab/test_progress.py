"""Long work shows how far it is and how long it takes, where it stands."""

import io
import re

import pytest
from rich.console import Console

from training.lab.progress import Stages

LONG = "undefended: training on faces without names"


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _stages(clock: _Clock, *, terminal: bool) -> tuple[Stages, io.StringIO]:
    shown = io.StringIO()
    console = Console(file=shown, width=80, force_terminal=terminal, color_system=None)
    return Stages(console=console, clock=clock), shown


def test_a_bar_fits_80_columns_with_its_count_and_what_is_left() -> None:
    clock = _Clock()
    stages, shown = _stages(clock, terminal=True)
    with stages:
        stages.report(LONG, 0, 12000)
        clock.now = 3600.0
        stages.report(LONG, 3000, 12000)
    plain = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", shown.getvalue())
    lines = [line for line in re.split(r"[\r\n]", plain) if line.strip()]
    assert max(map(len, lines)) <= 80
    line = lines[-1]
    assert "undefended: training" in line
    assert "3000/12000" in line
    assert "3:00:00 left" in line


def test_after_a_resume_the_bar_starts_where_the_run_stands() -> None:
    clock = _Clock()
    stages, shown = _stages(clock, terminal=False)
    with stages:
        stages.report("training", 900, 1000)
        clock.now = 60.0
        stages.report("training", 950, 1000)
    first, second = shown.getvalue().splitlines()
    assert first == "training: 900 of 1000"
    # Fifty steps took a minute; those of the earlier run make the rest seem no shorter.
    assert second == "training: 950 of 1000, 1:00 left"


def test_where_no_one_looks_a_line_comes_now_and_then_and_at_the_end() -> None:
    clock = _Clock()
    stages, shown = _stages(clock, terminal=False)
    with stages:
        for done in range(101):
            stages.report("training", done, 100)
            clock.now += 1.0
        stages.report("training", 100, 100)
    lines = shown.getvalue().splitlines()
    assert lines[0] == "training: 0 of 100"
    assert lines[1] == "training: 30 of 100, 1:10 left"
    assert lines[-1] == "training: 100 of 100, took 1:40"
    assert len(lines) == 5


def test_a_stage_that_begins_again_is_timed_anew() -> None:
    clock = _Clock()
    stages, shown = _stages(clock, terminal=False)
    with stages:
        stages.report("attacking", 4, 4)
        clock.now = 1000.0
        stages.report("attacking", 0, 4)
        clock.now = 1040.0
        stages.report("attacking", 2, 4)
    assert shown.getvalue().splitlines()[-1] == "attacking: 2 of 4, 0:40 left"


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_there_already_is_shown_as_done(terminal: bool) -> None:
    stages, shown = _stages(_Clock(), terminal=terminal)
    with stages:
        stages.report("cross-validation", 4000, 4000)
    assert "cross-validation" in shown.getvalue()
    assert "4000" in shown.getvalue()
    assert "took" not in shown.getvalue()
    assert not re.search(r"\b0/4000", shown.getvalue())
