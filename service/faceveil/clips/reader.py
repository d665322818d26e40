"""The process that decodes one clip, which comes over a socket, and ends.

FFmpeg is a large program, and a clip may be built to take it over, or all memory with it. So a
fresh process decodes it, without secrets, files or connections of its own, behind the walls of the
readers of pictures; and what it says is checked like any stranger's word. It reads few kinds of
clips, and those from memory: it opens no file and no address, whatever the clip names.

Each message is a length, a kind and what it tells (`faceveil.pool.frames`).
"""

import io
import json
import math
import os
import resource
import socket
import struct
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import BmpImagePlugin  # noqa: F401 - a confined process can load nothing

from faceveil.clips.frames import lossless, timed
from faceveil.confinement.walls import confine, keep_only, leave_the_network
from faceveil.pool.frames import DONE, FAILED, READY, REFUSED, framed, receive
from faceveil.problems import ClipTooCostly, ClipTooLarge, Problem, UnreadableClip

FRAME = b"f"
"""A frame: when it was taken, as a double, and an image file."""

AT = struct.Struct("<d")
NICENESS = 5

_DECODERS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "mjpeg")
_MOST_BY_ITSELF = 4
"""Times the pixels that FFmpeg lets pass: what it refuses it calls broken, and we say why."""

_MATROSKA = b"\x1aE\xdf\xa3"
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
"""That a QuickTime file may begin with."""

_BROKEN = (
    "The clip is broken or cut short. Send the whole file again, or write it anew with ffmpeg."
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a clip may be, and take.

    Attributes:
        seconds: by its own clock.
        frames: that are read of it.
        pixels: of a frame.
        cpu_s: processor time.
        memory_bytes: beyond what the process has when idle.
        every: of so many frames, one is read.
    """

    seconds: float
    frames: int
    pixels: int
    cpu_s: int
    memory_bytes: int
    every: int = 1

    def check_length(self, seconds: float, frames: float) -> None:
        """Lets a clip of so many seconds, and frames that are read, pass.

        Raises:
            ClipTooLarge: otherwise.
        """
        locally = "Split it, or read it with `faceveil anonymize`."
        if seconds > self.seconds:
            raise ClipTooLarge(f"The clip has more than {self.seconds:g} seconds. {locally}")
        if frames > self.frames:
            every = self.every * max(2, math.ceil(frames / self.frames))
            raise ClipTooLarge(
                f"More than {self.frames} frames would be read of the clip. Read one in so many, "
                f"as with every={every}. {locally}"
            )

    def check_size(self, width: int, height: int) -> None:
        """Lets frames of this size pass; raises ClipTooLarge otherwise."""
        if width * height > self.pixels:
            raise ClipTooLarge(
                f"The clip's frames are {width} x {height} pixels; at most {self.pixels} are "
                "accepted. Scale it down, as with `ffmpeg -i IN -vf scale=1280:-2 out.mp4`."
            )


def request_of(bounds: Bounds) -> bytes:
    """What stands before a clip."""
    return framed(json.dumps(asdict(bounds)).encode())


def decoded(data: bytes, bounds: Bounds) -> Iterator[tuple[float, bytes]]:
    """The frames of a clip that are to be read.

    Args:
        data: the file.
        bounds: what it may be.

    Returns:
        Of each when it was taken, in seconds from the first, and an image file.

    Raises:
        ClipTooLarge: if it is larger than it may be.
        ClipTooCostly: if it takes more memory than it may.
        UnreadableClip: if it is no clip that is read, or broken.
    """
    import av

    av.logging.set_level(av.logging.PANIC)
    try:
        yield from _decoded(av, data, bounds)
    except (MemoryError, av.error.MemoryError):
        raise ClipTooCostly(ClipTooCostly.example) from None
    except (av.FFmpegError, ArithmeticError, LookupError, OSError, ValueError):
        raise UnreadableClip(_BROKEN) from None


def _decoded(av: Any, data: bytes, bounds: Bounds) -> Iterator[tuple[float, bytes]]:
    of_pictures = {"max_pixels": str(_MOST_BY_ITSELF * bounds.pixels)}
    options = {
        "codec_whitelist": ",".join(_DECODERS),
        "protocol_whitelist": "none",
        **of_pictures,  # for FFmpeg decodes some, to learn what is in it
    }
    with av.open(io.BytesIO(data), format=_kind_of(data), options=options) as container:
        if not container.streams.video:
            raise UnreadableClip(
                "There are no pictures in the clip, or it is cut short. Send the whole file."
            )
        video = container.streams.video[0]
        context = video.codec_context
        if context is None or context.codec.name not in _DECODERS:
            raise UnreadableClip(
                "The clip's codec is not read here. Send H.264, H.265, VP8, VP9, AV1, MPEG-4 or "
                "Motion JPEG, as `ffmpeg -i IN out.mp4` makes it."
            )
        bounds.check_size(context.width, context.height)
        bounds.check_length((container.duration or 0) / av.time_base, video.frames / bounds.every)
        # Else a thread would be begun for each core, which no confined process may.
        context.thread_type, context.thread_count = "NONE", 1
        context.options = of_pictures
        for number, (at, frame) in enumerate(timed(container, video)):
            bounds.check_size(frame.width, frame.height)
            if number % bounds.every == 0:
                bounds.check_length(at, number // bounds.every + 1)
                yield at, lossless(frame)


def _kind_of(data: bytes) -> str:
    """The demuxer of a file, told by its first bytes alone.

    Raises:
        UnreadableClip: if it is for none of the two that are used.
    """
    if data.startswith(_MATROSKA):
        return "matroska"
    if data[4:8] in _BOXES:
        return "mov"
    raise UnreadableClip(UnreadableClip.example)


def _answer(connection: socket.socket, data: bytes, bounds: Bounds) -> None:
    count = 0
    try:
        for at, file in decoded(data, bounds):
            count += 1
            connection.sendall(framed(FRAME + AT.pack(at) + file))
        if not count:
            raise UnreadableClip(_BROKEN)
        message = DONE
    except Problem as problem:
        message = REFUSED + json.dumps([problem.slug, problem.detail]).encode()
    except Exception as error:
        # Its text is left out: it may quote the clip.
        message = FAILED + type(error).__qualname__.encode()
    connection.sendall(framed(message))


def main(descriptor: int) -> None:
    """Reads bounds and a clip, and writes its frames."""
    import av.subtitles.stream  # PyAV imports it inside a function

    os.nice(NICENESS)
    warnings.simplefilter("ignore")
    lossless(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8)).reformat(format="yuv420p"))
    leave_the_network()
    connection = keep_only(socket.socket(fileno=descriptor))
    bounds = Bounds(**json.loads(receive(connection)))
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_s, bounds.cpu_s))
    walls = confine(bounds.memory_bytes)
    connection.sendall(framed(READY + json.dumps(walls).encode()))
    _answer(connection, receive(connection), bounds)


if __name__ == "__main__":
    main(int(sys.argv[1]))
