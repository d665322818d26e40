"""`faceveil anonymize`: reads pictures and clips without a server, and goes on where it stopped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from faceveil.stop import stop

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from faceveil.offline.anonymizer import Anonymizer
    from faceveil.offline.journal import Journal, Record

PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
    | {".avif", ".heic", ".heif"}
)
_STANDARD_INPUT = "-"


def anonymize(
    sources: Annotated[
        list[str],
        typer.Argument(help="Pictures, clips and folders of them; - is a picture on the input."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .jsonl, .csv, .npz, .parquet; without it, JSON lines are printed.",
        ),
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="Privacy level; without it, the settings'.")
    ] = None,
    prior: Annotated[
        Literal["wild", "even"] | None, typer.Option(help="How often each emotion is met.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=64, help="Faces of a picture at most.")] = 64,
    every: Annotated[int, typer.Option(min=1, help="Of a clip, read one frame in so many.")] = 1,
    vectors: Annotated[
        int | None,
        typer.Option(min=0, help="Of a clip, embeddings released of each face at most."),
    ] = None,
) -> None:
    """Read faces in pictures and clips without a server.

    Every core reads. Ctrl-C stops it, and the same command goes on where it stopped. A table has a
    row for each embedding; JSON lines say more: pictures without a face, and why one cannot be
    read. Clips need the extra `video`.
    """
    from faceveil.featurefile import NotInstalledError
    from faceveil.model.bundle import BundleError
    from faceveil.offline.anonymizer import Anonymizer
    from faceveil.offline.frames import SourceError
    from faceveil.offline.journal import Journal, JournalError
    from faceveil.offline.tables import SUFFIXES, write_table
    from faceveil.outputs import OutputError, must_be_writable
    from faceveil.problems import InvalidParameters

    table = output if output is not None and output.suffix in SUFFIXES else None
    if output is not None and table is None and output.suffix not in (".jsonl", ".ndjson"):
        stop(f"{output}: end its name in .jsonl, .csv, .npz or .parquet.")
    lines = table.with_name(f"{table.name}.part.jsonl") if table else output
    try:
        must_be_writable(*{output, lines})
        found = list(dict.fromkeys(_found(sources)))
        with Anonymizer(level=level, prior=prior) as anonymizer:
            journal = Journal(lines, anonymizer.made_by)
            try:
                refused = _read(anonymizer, journal, found, limit, every, vectors)
            finally:
                journal.close()
        if table is not None and lines is not None:
            write_table(lines, table)
            lines.unlink()
        if refused:
            typer.echo(f"{refused} of {len(found)} could not be read.", err=True)
            raise typer.Exit(1)
    except KeyboardInterrupt:
        typer.echo("Stopped. The same command goes on from here.", err=True)
        sys.exit(130)
    except InvalidParameters as problem:
        stop(" ".join(error.message for error in problem.errors or ()) or problem.detail)
    except (BundleError, SourceError, JournalError, NotInstalledError, OutputError) as problem:
        stop(str(problem))
    except OSError as problem:
        stop(f"{problem.filename or ''}: {problem.strerror or problem}".removeprefix(": "))


def _found(sources: Iterable[str]) -> Iterator[str]:
    """The files that the sources name, those of folders in the order of their names."""
    from faceveil.offline.frames import CLIPS

    for source in sources:
        path = Path(source)
        if path.is_dir():
            files = (each for each in path.rglob("*") if each.suffix.lower() in PICTURES | CLIPS)
            yield from sorted(str(each) for each in files if each.is_file())
        else:
            yield source


def _read(
    anonymizer: Anonymizer,
    journal: Journal,
    sources: list[str],
    limit: int,
    every: int,
    vectors: int | None,
) -> int:
    """Reads what is left; returns how many could not be read."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from faceveil.offline.frames import CLIPS, SourceError, frames_of, must_have_decoder

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=Console(stderr=True)) as progress:
        task = progress.add_task("faces: 0", total=len(sources))
        progress.advance(task, sum(source in journal.done for source in sources))
        left = [source for source in sources if source not in journal.done]
        clips = [source for source in left if Path(source).suffix.lower() in CLIPS]
        pictures = [source for source in left if Path(source).suffix.lower() not in CLIPS]
        if clips:
            must_have_decoder()
        faces = _Faces(journal, progress, task)
        files = (sys.stdin.buffer.read() if each == _STANDARD_INPUT else each for each in pictures)
        for source, answer in zip(pictures, anonymizer.read_all(files, limit=limit), strict=True):
            faces.add(record_of(source, answer))
        for source in clips:
            model = {"source": source, "model": anonymizer.made_by}
            try:
                frames = frames_of(source, every=every)
                for told in anonymizer.follow(frames, limit=min(limit, 8), vectors=vectors):
                    faces.add(model | told.model_dump(mode="json"))
            except SourceError as problem:
                faces.add(model | _refused("about:blank", str(problem)))
    return faces.refused


class _Faces:
    """Writes lines, and shows how many faces there were."""

    def __init__(self, journal: Journal, progress: Progress, task: TaskID) -> None:
        self.refused = self._count = 0
        self._journal, self._progress, self._task = journal, progress, task

    def add(self, record: Record) -> None:
        self._journal.add(record)
        self._count += len(record.get("faces", ()))
        self.refused += record["type"] == "refused"
        done = int(record["type"] != "frame")
        self._progress.update(self._task, description=f"faces: {self._count}", advance=done)


def record_of(source: str, answer: object) -> Record:
    """The line of a picture."""
    from faceveil.api.anonymize.answers import AnonymizedImage
    from faceveil.problems import Problem

    if isinstance(answer, AnonymizedImage):
        told = answer.model_dump(mode="json", exclude_unset=True)
        return {"source": source, "type": "picture", **told}
    if isinstance(answer, Problem):
        return {"source": source, **_refused(answer.type_uri(), answer.detail)}
    assert isinstance(answer, OSError)
    reason = answer.strerror or type(answer).__name__
    return {"source": source, **_refused("about:blank", reason)}


def _refused(kind: str, detail: str) -> Record:
    return {"type": "refused", "error": {"type": kind, "detail": detail}}
