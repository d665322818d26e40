"""`faceveil watch`: follows the faces of a clip or a camera, here or by a server."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from faceveil.stop import stop

if TYPE_CHECKING:
    from faceveil.offline.frames import Frame

KEY = "FACEVEIL_KEY"


def watch(
    source: Annotated[
        str, typer.Argument(help="A clip's file, a camera's number (0), or rtsp://....")
    ],
    to: Annotated[
        str | None,
        typer.Option(help="Server that reads the frames, http://...; without it, they stay here."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar=KEY, help="Key of the server; better set the variable.")
    ] = None,
    jsonl: Annotated[
        Path | None, typer.Option(help="File to add the answers to; without it, they are printed.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="Privacy level; without it, the server's or settings'.")
    ] = None,
    prior: Annotated[
        Literal["wild", "even"] | None, typer.Option(help="How often each emotion is met.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=64, help="Faces of a frame at most.")] = 8,
    vectors: Annotated[
        int | None,
        typer.Option(min=0, help="Embeddings released of each face at most; 0 for moods alone."),
    ] = None,
    small: Annotated[
        bool, typer.Option("--small", help="Look for small faces too, in twice the time.")
    ] = False,
) -> None:
    """Follow the faces of a clip or a camera.

    Each frame is answered by a line of JSON: which face is which, the mood of the frame and over
    time, and what was released. Of a clip every frame is read, of a camera the newest. Ctrl-C ends
    it; the last line is a summary. Needs the extra `video`.
    """
    from faceveil.model.bundle import BundleError
    from faceveil.offline.frames import SourceError, frames_of
    from faceveil.offline.remote import RemoteError, follow_by_server
    from faceveil.outputs import OutputError, must_be_writable
    from faceveil.problems import InvalidParameters

    asked = {"limit": limit, "vectors": vectors, "small": small}
    try:
        must_be_writable(jsonl)
        with closing(frames_of(source, lossless=to is None)) as opened:
            frames = _until_stopped(opened)
            if to is None:
                told = _here(frames, level, prior, asked)
            else:
                told = follow_by_server(frames, to, key, {"level": level, "prior": prior, **asked})
            _tell(told, jsonl)
    except InvalidParameters as problem:
        stop(" ".join(error.message for error in problem.errors or ()) or problem.detail)
    except (BundleError, OutputError, RemoteError, SourceError) as problem:
        stop(str(problem))
    except BrokenPipeError:
        sys.stderr.close()  # who read the lines has gone


def _here(
    frames: Iterator[Frame],
    level: str | None,
    prior: Literal["wild", "even"] | None,
    asked: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    from faceveil.offline.anonymizer import Anonymizer

    with Anonymizer(level=level, prior=prior) as anonymizer:
        for answer in anonymizer.follow(frames, **asked):
            yield answer.model_dump(mode="json")


def _until_stopped(frames: Iterator[Frame]) -> Iterator[Frame]:
    """The frames up to Ctrl-C, which ends them as a clip's end does; the second ends all."""
    stopped = False

    def stop_here(*_: object) -> None:
        nonlocal stopped
        stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop_here)
    for frame in frames:
        if stopped:
            return
        yield frame


def _tell(told: Iterator[dict[str, Any]], jsonl: Path | None) -> None:
    if jsonl is None:
        for answer in told:
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        return
    with jsonl.open("a", encoding="utf-8") as file:
        for answer in told:
            file.write(json.dumps(answer) + "\n")
            file.flush()
