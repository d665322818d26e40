"""Frames of clips and cameras, through PyAV, which brings FFmpeg with it: the extra `video`.

FFmpeg decodes in this very process, which is not confined: give it clips that you trust as much as
the player that you would open them with. What it decodes goes on as pictures do.
"""

import io
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from faceveil.clips import frames as clips
from faceveil.installation import how_to_add

CLIPS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts"})
"""Suffixes of files that hold clips."""

Frame = tuple[float, bytes]
"""When it was taken, in seconds, and the bytes of an image file."""

Frames = Generator[Frame, None, None]
"""To be closed once no more are wanted."""

_QUALITY = 92
_WAIT_S = 10.0


class SourceError(Exception):
    """A clip or a camera cannot be opened or read; the message is a sentence."""


def is_camera(source: str) -> bool:
    """Whether frames come whether or not somebody takes them: a device's number, or an address."""
    return source.isdigit() or "://" in source


def frames_of(source: str, *, every: int = 1, lossless: bool = True) -> Frames:
    """The frames of a clip, each of them, or of a camera, the newest whenever one is asked for.

    Args:
        source: a file, a device's number, or an address such as rtsp://....
        every: of a clip, take one in so many.
        lossless: whether a frame is written as BMP and not as JPEG, which is far smaller.

    Raises:
        SourceError: if it cannot be opened, or PyAV is not installed.
    """
    if is_camera(source):
        return iter(_Newest(_decoded(source, 1, lossless)))
    if not Path(source).is_file():
        raise SourceError(f"There is no file {source}.")
    return _decoded(source, every, lossless)


def must_have_decoder() -> None:
    """Lets pass where PyAV is installed.

    Raises:
        SourceError: otherwise.
    """
    _av()


def _decoded(source: str, every: int, lossless: bool) -> Frames:
    av = _av()
    try:
        with _opened(av, source) as container:
            if not container.streams.video:
                raise SourceError(f"There are no pictures in {_shown(source)}.")
            video = container.streams.video[0]
            video.thread_type = "AUTO"
            write = clips.lossless if lossless else _jpeg
            for number, (at, frame) in enumerate(clips.timed(container, video)):
                if number % every == 0:
                    yield at, write(frame)
    except (av.FFmpegError, OSError, ValueError) as problem:
        words = getattr(problem, "strerror", None) or type(problem).__name__
        raise SourceError(f"{_shown(source)} cannot be read: {words}.") from problem


def _av() -> Any:
    try:
        import av
    except ImportError as problem:
        raise SourceError(
            f"Clips and cameras need the extra `video` ({problem}). {how_to_add('video')}"
        ) from problem
    av.logging.set_level(av.logging.PANIC)  # it names files, and is not for a log
    return av


def _opened(av: Any, source: str) -> Any:
    if source.isdigit():
        if sys.platform != "linux":
            raise SourceError("A device's number works on Linux only: /dev/video0 is 0.")
        return av.open(f"/dev/video{source}", format="video4linux2")
    if source.startswith("rtsp"):
        return av.open(source, options={"rtsp_transport": "tcp"}, timeout=_WAIT_S)
    if "://" in source:
        return av.open(source, timeout=_WAIT_S)
    return av.open(source)


def _shown(source: str) -> str:
    """The source without a password that its address may hold."""
    scheme, parted, rest = source.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if parted else source


def _jpeg(frame: Any) -> bytes:
    buffer = io.BytesIO()
    clips.picture_of(frame, "RGB").save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


class _Newest:
    """The newest frame whenever one is asked for: a thread takes them all and keeps one."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self._there = threading.Condition()
        self._frame: Frame | None = None
        self._problem: BaseException | None = None
        self._over = False

    def __iter__(self) -> Frames:
        threading.Thread(target=self._take, daemon=True).start()
        try:
            while frame := self._next():
                yield frame
        finally:
            self._over = True

    def _next(self) -> Frame | None:
        with self._there:
            self._there.wait_for(lambda: self._frame is not None or self._over)
            frame, self._frame = self._frame, None
        if frame is None and self._problem is not None:
            raise self._problem
        return frame

    def _take(self) -> None:
        try:
            for frame in self._frames:
                with self._there:
                    if self._over:
                        return
                    self._frame = frame
                    self._there.notify()
        except Exception as problem:
            self._problem = problem
        finally:
            with self._there:
                self._over = True
                self._there.notify()
