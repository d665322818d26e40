"""`faceveil watch`: follows the faces of a clip or a camera, here or by a server."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

import typer

from faceveil.stop import stop

if TYPE_CHECKING:
    from faceveil.offline.frames import Frame
    from faceveil.offline.mqtt import Mqtt

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
        Path | None,
        typer.Option(help="File to add the answers to; without it and --mqtt, they are printed."),
    ] = None,
    mqtt: Annotated[
        str | None,
        typer.Option(
            help="Broker to tell the mood, mqtt://USER@HOST; its password is the variable "
            "FACEVEIL_MQTT_PASSWORD."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the camera is called over MQTT.")] = None,
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

    With --mqtt, a broker is told how many faces there are and their mood, and Home Assistant finds
    these as sensors by itself. No embedding is told there, so none is released unless --jsonl is
    given too. Needs the extra `mqtt`.
    """
    from faceveil.model.bundle import BundleError
    from faceveil.offline.frames import SourceError, frames_of
    from faceveil.offline.mqtt import PASSWORD, Mqtt, MqttError, name_of
    from faceveil.offline.remote import RemoteError, follow_by_server
    from faceveil.outputs import OutputError, must_be_writable
    from faceveil.problems import InvalidParameters

    if vectors is None and mqtt is not None and jsonl is None:
        vectors = 0  # nobody would see them
    asked = {"limit": limit, "vectors": vectors, "small": small}
    try:
        must_be_writable(jsonl)
        with ExitStack() as stack:
            broker = None
            if mqtt is not None:
                password = os.environ.get(PASSWORD)
                broker = stack.enter_context(Mqtt(mqtt, name or name_of(source), password))
            opened = stack.enter_context(closing(frames_of(source, lossless=to is None)))
            frames = _until_stopped(opened)
            if to is None:
                told = _here(frames, level, prior, asked)
            else:
                told = follow_by_server(frames, to, key, {"level": level, "prior": prior, **asked})
            _tell(told, jsonl, broker)
    except InvalidParameters as problem:
        stop(" ".join(error.message for error in problem.errors or ()) or problem.detail)
    except (BundleError, MqttError, OutputError, RemoteError, SourceError) as problem:
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


def _tell(told: Iterator[dict[str, Any]], jsonl: Path | None, broker: Mqtt | None) -> None:
    with ExitStack() as stack:
        file: IO[str] | None = None if broker else sys.stdout
        if jsonl is not None:
            file = stack.enter_context(jsonl.open("a", encoding="utf-8"))
        for answer in told:
            if broker is not None:
                broker.tell(answer)
            if file is not None:
                file.write(json.dumps(answer) + "\n")
                file.flush()
