"""Shows how far long work is, and how long it still takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
)
from rich.table import Column

_NAME_WIDTH = 34


@dataclass(slots=True)
class _Bar:
    """A stage that was heard of."""

    task: TaskID
    begun_at: float
    before: int  # done by an earlier run, in no time of this one
    done: int


class Stages:
    """A progress bar a stage, with an estimate of what is left; plain lines where no one looks.

    A bar begins where the work stands: what an earlier run did is in it from the start, and makes
    the rest seem no shorter.
    """

    _LINE_EVERY_S = 30.0

    def __init__(
        self,
        *,
        silent: bool = False,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Makes it ready.

        Args:
            silent: whether nothing is to be shown.
            console: to show it on; without one, standard error.
            clock: seconds.
        """
        self._console = console or Console(stderr=True, quiet=silent)
        self._clock = clock
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", table_column=Column(width=_NAME_WIDTH, no_wrap=True)),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[time]}", table_column=Column(min_width=12, no_wrap=True)),
            console=self._console,
            disable=not self._console.is_terminal,
            expand=True,
        )
        self._bars: dict[str, _Bar] = {}
        self._last_line = -self._LINE_EVERY_S

    def __enter__(self) -> "Stages":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, stage: str, done: int, total: int) -> None:
        """Moves a stage's bar, which appears the first time; one that falls back begins anew."""
        now = self._clock()
        bar = self._bars.get(stage)
        if bar is None or done < bar.done:
            task = (
                bar.task
                if bar
                else self._progress.add_task(stage, total=total, completed=done, time="")
            )
            bar = self._bars[stage] = _Bar(task, now, before=done, done=done)
        elif done == bar.done == total:
            return
        bar.done = done
        said = _time(bar, now, total)
        self._progress.update(bar.task, completed=done, total=total, time=said)
        if self._console.is_terminal:
            return
        if done == total or now - self._last_line >= self._LINE_EVERY_S:
            self._last_line = now
            self._console.print(f"{stage}: {done} of {total}{said and ', '}{said}", soft_wrap=True)


def _time(bar: _Bar, now: float, total: int) -> str:
    """What is left of a stage at its pace so far, or how long it took."""
    took = now - bar.begun_at
    if bar.done == bar.before:
        return ""  # nothing was done yet by which to tell
    if bar.done >= total:
        return f"took {_clock_face(took)}"
    return f"{_clock_face(took / (bar.done - bar.before) * (total - bar.done))} left"


def _clock_face(seconds: float) -> str:
    """As 1:03:07, or 3:07 where there are no hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
