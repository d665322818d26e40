"""An audit of files, with progress: what `faceveil audit` does once it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from faceveil.audit.case import Case, Options, prepare
from faceveil.audit.features import Features, load
from faceveil.audit.figures import title
from faceveil.audit.ladder import Step, conclude, plan, run_step
from faceveil.audit.limit import parse_limit
from faceveil.audit.promises import promise_of
from faceveil.audit.result import AuditResult
from faceveil.installation import MODELS
from faceveil.pool.side_by_side import side_by_side

_COLOURS = {
    "above its bound": "bold white on red",
    "re-identifiable": "red",
    "not distinguished from chance": "green",
    "inconclusive": "yellow",
}


def audit_file(
    file: Path,
    options: Options,
    gallery: Path | None = None,
    reference: Path | None = None,
    jobs: int = 1,
    columns: str | None = None,
    card: Path | None = None,
    models: Sequence[Path] = (MODELS,),
) -> AuditResult:
    """Audits a file of features; progress goes to standard error.

    Args:
        file: of features.
        options: how.
        gallery: file of the same embeddings without noise.
        reference: file of an undefended embedding.
        jobs: processes in which steps run.
        columns: which columns of a table are dimensions, as `featurefile.read` takes it; for the
            gallery and the reference too, where they are tables.
        card: of the model, whose guarantee the embeddings are held to. Without one, the card of
            the model that the file names.
        models: folders of models, in which that card is looked for, one after the other.

    Raises:
        FeaturesError: where a file cannot be audited, or the limit is none.
    """
    console = Console(stderr=True)
    features = load(file, columns)
    options = options.model_copy(update={"promise": promise_of(features, models, card)})
    case = prepare(features, options, _beside(gallery, columns), _beside(reference, columns))
    if options.limit is not None:  # before the work, not after
        parse_limit(options.limit, 1 / len(case.people))
    if not features.dimensions:
        console.print(f"{features.embedding.shape[1]} dimensions.", highlight=False)
    for note in case.data.notes:
        console.print(note, style="yellow", markup=False, highlight=False)
    return conclude(case, _outcomes(case, console, jobs))


def show(result: AuditResult, console: Console) -> None:
    """Prints the verdict and a table of attackers."""
    colour = _COLOURS[result.verdict]
    console.print(f"\n[bold {colour}]{result.verdict}[/bold {colour}]")
    for reason in result.reasons:
        console.print(reason, highlight=False)
    table = Table(box=None, pad_edge=False)
    columns = ["attacker", "rate", "95 % interval"] + ["proved at most"] * bool(result.bound)
    for column in columns:
        table.add_column(column, justify="left" if column == "attacker" else "right")
    table.add_row("chance", f"{result.chance:.1%}", "")
    for attacker in result.attackers:
        style = colour if attacker.attacker == result.worst.attacker else ""
        table.add_row(
            title(attacker.attacker),
            f"{attacker.rate:.1%}",
            f"{attacker.low:.1%} to {attacker.high:.1%}",
            *([] if attacker.bound is None else [f"{attacker.bound:.1%}"]),
            style=style,
        )
    console.print(table)
    if result.bound is not None:
        console.print(
            f"proved: nobody names more than {result.bound.named:.1%} of them "
            f"(mu {result.bound.mu:.3g}, {result.bound.codewords} standard expressions)"
        )
    if result.limit is not None:
        state = "kept" if result.limit.passed else "broken"
        console.print(
            f"limit {result.limit.limit} {state}: the interval reaches "
            f"{result.limit.high:.1%}, allowed is {result.limit.allowed:.1%}"
        )


def _beside(file: Path | None, columns: str | None) -> Features | None:
    if file is None:
        return None
    return load(file, None if file.suffix.lower() == ".npz" else columns)


def _outcomes(case: Case, console: Console, jobs: int) -> dict[str, dict[str, Any]]:
    steps = plan(case)
    columns = (
        TextColumn("{task.description:32}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    outcomes = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(steps))
        for step, outcome in _run(case, steps, jobs):
            outcomes[step.key] = outcome
            progress.update(task, description=title(step.attacker) or step.kind, advance=1)
    return outcomes


def _run(case: Case, steps: list[Step], jobs: int) -> Iterator[tuple[Step, dict[str, Any]]]:
    if jobs == 1:
        yield from ((step, run_step(case, step)) for step in steps)
        return
    with side_by_side(jobs, _hold, (case,)) as pool:
        running = {pool.submit(_run_held, step): step for step in steps}
        for done in as_completed(running):
            yield running[done], done.result()


_held: list[Case] = []


def _hold(case: Case) -> None:
    """Keeps the case in a worker process, so that steps do not each carry it there."""
    _held[:] = [case]


def _run_held(step: Step) -> dict[str, Any]:
    return run_step(_held[0], step)
