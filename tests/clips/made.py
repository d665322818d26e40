"""Made clips, as files in memory."""

import io
from collections.abc import Iterable
from typing import Any, cast

import av
import numpy as np
from PIL import Image

from tests.streams.scene import Shot


def clip_of(
    pictures: Iterable[Image.Image],
    rate: int = 25,
    kind: str = "mp4",
    codec: str = "mpeg4",
    **options: str,
) -> bytes:
    """A clip as a camera writes it.

    Args:
        pictures: all of one size.
        rate: frames a second.
        kind: of container.
        codec: of the pictures.
        options: of the container's writer.
    """
    buffer = io.BytesIO()
    video: Any = None
    with av.open(buffer, "w", format=kind, container_options=options) as container:
        for picture in pictures:
            if video is None:
                video = cast(Any, container.add_stream(codec, rate=rate))
                video.width, video.height = picture.size
                video.pix_fmt, video.bit_rate = "yuv420p", 8_000_000
                video.thread_type = "NONE"
            container.mux(video.encode(av.VideoFrame.from_image(picture.convert("RGB"))))
        container.mux(video.encode())
    return buffer.getvalue()


def clip_of_shots(shots: Iterable[Shot]) -> bytes:
    """The clip of a scene."""
    return clip_of(shot.picture for shot in shots)


def grey(count: int, width: int = 64, height: int = 64) -> list[Image.Image]:
    """Pictures that become brighter."""
    return [Image.new("L", (width, height), 200 * number // count) for number in range(count)]


def spoken() -> bytes:
    """A clip with sound and without pictures."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        sound: Any = container.add_stream("aac", rate=8000)
        samples = np.zeros((1, 8000), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return buffer.getvalue()
