"""How many faces the detector finds, misses and invents, beside YuNet alone and the one before.

    python -m benchmarks.detector [--data FOLDER] [--pictures 50] [--rows TEXT ...]

Portraits come from the folder of data sets (or the variable FACEVEIL_DATA): those of free terms are
set into scenes, turned, darkened, covered and blurred here. Without it, drawn faces stand for them.
Pictures without a face are drawn. The table goes into docs/figures/detector.md.
"""

import argparse
import io
import platform
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.detector_rows import SEED, portraits_of, rows
from benchmarks.detectors import Contender, contenders
from benchmarks.scenes import Eyes, Portrait, Scene, in_a_room
from faceveil.installation import DETECTOR_FILE
from faceveil.model.detector import open_detector
from faceveil.vision.decode import decode
from faceveil.vision.detect import FaceDetector
from faceveil.vision.face import Face
from training.data.record import DataError
from training.data.sets import data_folder

EYE_TOLERANCE = 0.35
"""Distance of an eye from its true place, in eye distances, up to which a face counts as found; a
face that is found upside down is far beyond."""

TIMES = "times"
"""What to call the table of times where only some rows are wanted."""

ROUNDS = 5
"""In which times are taken, the contenders in turn: the least counts, as other work only adds."""


def _eye_error(face: Face, eyes: Eyes) -> float:
    """Distance of the eyes from their true places, root mean square, in eye distances."""
    found, true = np.array([face.left_eye, face.right_eye]), np.array(eyes)
    distances = np.linalg.norm(found - true, axis=1)
    return float(np.sqrt(np.mean(distances**2)) / np.linalg.norm(true[1] - true[0]))


def measure(scenes: Sequence[Scene], contender: Contender) -> tuple[int, int, int, float]:
    """How many faces there are, are found and are invented; median CPU milliseconds."""
    wanted = found = false = 0
    milliseconds = []
    for scene in scenes:
        started = time.process_time()
        faces = contender.detect(scene.picture, True)
        milliseconds.append((time.process_time() - started) * 1000)
        if scene.eyes is None:
            wanted, found = wanted + 1, found + bool(faces)
            continue
        nearest = [min((_eye_error(one, eyes) for one in faces), default=9) for eyes in scene.eyes]
        good = sum(error < EYE_TOLERANCE for error in nearest)
        wanted, found = wanted + len(scene.eyes), found + good
        false += max(len(faces) - len(scene.eyes), 0)
    return wanted, found, false, float(np.median(milliseconds))


def print_table(
    detector: FaceDetector, data: Path | None, number: int, only: Sequence[str]
) -> None:
    """Prints what was measured with, and the tables; or only rows that hold one of these texts."""
    several = contenders(detector)
    packages = ", ".join(f"{name} {version(name)}" for name in ("onnxruntime", "pillow", "numpy"))
    of = "portraits of free terms" if data else "drawn faces"
    print(
        f"{date.today()}; Python {platform.python_version()}, {packages}; one thread; seed {SEED}; "
        f"{of}; found + invented, and CPU ms a picture\n"
    )
    names = [name for one in several for name in (one.name, "ms")]
    columns = ["pictures", "number", "faces", *names]
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    portraits = portraits_of(data, detector, 8 * number)
    for title, scenes_of in rows(data, portraits, number):
        if only and not any(text in title for text in only):
            continue
        scenes, cells = scenes_of(), []
        for contender in several:
            wanted, found, false, milliseconds = measure(scenes, contender)
            cells += [f"{found} + {false}", f"{milliseconds:.1f}"]
        print(f"| {title} | {len(scenes)} | {wanted} | {' | '.join(cells)} |", flush=True)
    if not only or TIMES in only:
        print_times(several, portraits[:20])


def print_times(several: Sequence[Contender], portraits: Sequence[Portrait]) -> None:
    """Prints how long a search takes, and the decoding of a phone's picture before it."""
    rng = np.random.default_rng(SEED)
    crowd = in_a_room(portraits, (1080, 1920), 60, rng, heads=20).picture
    shown = [one.picture for one in portraits]
    print(f"\n| CPU ms | {' | '.join(one.name for one in several)} |\n|{' --- |' * 4}")
    for title, several_shown, thorough in (
        (f"the largest face of a portrait, median of {len(shown)}", shown, False),
        (f"all faces of a portrait, median of {len(shown)}", shown, True),
        ("the largest of 20 faces of 60 px in 1920 x 1080", [crowd], False),
        ("all 20 of them", [crowd], True),
    ):
        runs = [[partial(one.detect, each, thorough) for one in several] for each in several_shown]
        times = np.median([_least_times(each) for each in runs], axis=0)
        print(f"| {title} | {' | '.join(f'{each:.1f}' for each in times)} |", flush=True)
    phone = Image.fromarray(crowd).resize((4032, 3024), Image.Resampling.BICUBIC).convert("RGB")
    buffer = io.BytesIO()
    phone.save(buffer, "JPEG", quality=85)
    (decoding,) = _least_times([partial(decode, buffer.getvalue(), max_pixels=64_000_000)])
    megabytes = buffer.tell() / 2**20
    print(f"\nDecoding a JPEG of 4032 x 3024 ({megabytes:.1f} MB): {decoding:.1f} ms.")


def _least_times(runs: Sequence[Callable[[], object]]) -> list[float]:
    """CPU milliseconds of each, the least of ROUNDS."""
    times = np.empty((ROUNDS, len(runs)))
    for row in times:
        for number, run in enumerate(runs):
            started = time.process_time()
            run()
            row[number] = (time.process_time() - started) * 1000
    return times.min(axis=0).tolist()  # type: ignore[no-any-return]


def main() -> None:
    """Reads the arguments and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument(
        "--pictures", type=int, default=50, help="in a row, about; more take longer"
    )
    parser.add_argument(
        "--rows", nargs="+", default=[], help=f"only those that hold a text; '{TIMES}' for times"
    )
    arguments = parser.parse_args()
    try:
        data = data_folder(arguments.data)
    except DataError:
        if arguments.data is not None:
            raise
        data = None
    print_table(open_detector(DETECTOR_FILE), data, max(4, arguments.pictures), arguments.rows)


if __name__ == "__main__":
    main()
