"""Shows how far long work is."""

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Stages:
    """A progress bar a stage, with an estimate of what is left; plain lines where no one looks."""

    _LINE_EVERY_S = 30.0

    def __init__(self, *, silent: bool = False) -> None:
        self._console = Console(stderr=True, quiet=silent)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._bars: dict[str, TaskID] = {}
        self._last_line = -self._LINE_EVERY_S

    def __enter__(self) -> "Stages":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, stage: str, done: int, total: int) -> None:
        """Moves a stage's bar, which appears the first time."""
        if stage not in self._bars:
            self._bars[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._bars[stage], completed=done)
        if (
            not self._console.is_terminal
            and time.monotonic() - self._last_line > self._LINE_EVERY_S
        ):
            self._last_line = time.monotonic()
            self._console.print(f"{stage}: {done} of {total}")
