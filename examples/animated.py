"""Makes the animated faces in this folder again: `python -m examples.animated`.

They show nobody: averages of many faces (ATTRIBUTION.md) were moved by action units. It needs the
averaged faces (the set `composites`) in the folder that FACEVEIL_DATA names, and the extras
`animate` and `video`.
"""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from training.data.animated.action_units import Acting, expression_of
from training.data.animated.casting import cast
from training.data.animated.landmarks import Landmarker
from training.data.animated.portrait import Portrait
from training.data.animated.shot import rise_and_fall
from training.data.animated.take import Take, photograph
from training.data.sets import SETS, data_folder

FOLDER = Path(__file__).parent
SMILE = {6: 0.9, 12: 0.9, 25: 0.7}
SURPRISE = {1: 0.9, 2: 0.9, 5: 0.4, 26: 0.7}
ANGER = {4: 1.1, 7: 0.6, 17: 0.4, 24: 0.9}
FRAMES, RATE = 60, 25


def main() -> None:
    """Writes them."""
    records = list(SETS["composites"].records(data_folder(None)))
    with Landmarker() as landmarker:
        people = cast(records, landmarker).portraits
    woman, man = people["f_multi"], people["m_multi"]
    (FOLDER / "happy.jpg").write_bytes(pictured(woman, SMILE))
    (FOLDER / "surprised.jpg").write_bytes(pictured(man, SURPRISE))
    (FOLDER / "group.jpg").write_bytes(group(list(people.values())))
    (FOLDER / "clip.mp4").write_bytes(clip(woman))


def pictured(person: Portrait, units: dict[int, float], size: int = 320, **take: float) -> bytes:
    """A JPEG of somebody who moves action units, equally on both sides."""
    expression = expression_of(Acting(units, units), person.head.names)
    seen = Take(own=0.3, quality=88, **take)  # type: ignore[arg-type]
    return photograph(person, expression, seen, size, np.random.default_rng(0))


def group(people: list[Portrait]) -> bytes:
    """A JPEG of six people in two rows, each with a mood of their own."""
    moods = [SMILE, {}, SURPRISE, ANGER, SMILE, {}]
    whole = Image.new("RGB", (960, 640))
    for place, (person, mood) in enumerate(zip(people, moods, strict=False)):
        yaw, roll = 6.0 * (place % 3 - 1), 4.0 * (place % 2) - 2
        face = Image.open(io.BytesIO(pictured(person, mood, yaw=yaw, roll=roll)))
        whole.paste(face, (place % 3 * 320, place // 3 * 320))
    file = io.BytesIO()
    whole.save(file, "JPEG", quality=80)
    return file.getvalue()


def clip(person: Portrait) -> bytes:
    """An MP4 in which somebody begins to smile, turns a little, and stops."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as written:
        stream = written.add_stream("libx264", rate=Fraction(RATE), options={"crf": "28"})
        stream.width = stream.height = 320
        stream.pix_fmt = "yuv420p"
        for picture in frames(person):
            written.mux(stream.encode(av.VideoFrame.from_image(picture)))
        written.mux(stream.encode())
    return file.getvalue()


def frames(person: Portrait) -> Iterator[Image.Image]:
    """The clip's pictures."""
    for number in range(FRAMES):
        strength = rise_and_fall(number, FRAMES)
        units = {unit: strength * full for unit, full in SMILE.items()}
        turn = 8 * np.sin(2 * np.pi * number / FRAMES)
        yield Image.open(io.BytesIO(pictured(person, units, yaw=float(turn))))


if __name__ == "__main__":
    main()
