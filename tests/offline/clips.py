"""A made clip as a file."""

from collections.abc import Iterable
from pathlib import Path

import av

from tests.streams.scene import HEIGHT, WIDTH, Shot


def write_clip(path: Path, shots: Iterable[Shot], rate: int = 25) -> None:
    """Writes a clip as a camera would."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 8_000_000
        for shot in shots:
            picture = av.VideoFrame.from_image(shot.picture.convert("RGB"))
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
