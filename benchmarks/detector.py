"""How many faces the detector finds, misses and doubles, and what that costs.

    python -m benchmarks.detector --data FOLDER

Real portraits come from the folder of data sets (or the variable FACEVEIL_DATA), and are turned,
darkened, cut and made small here; pictures without a face are drawn, or cut out beside the faces.
The table goes into docs/figures/detector.md.
"""

import argparse
import io
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.scenes import (
    Eyes,
    Portrait,
    Scene,
    beside_faces,
    cut,
    dark,
    drawn_without_face,
    eyes_of,
    grid,
    small,
    turned,
)
from faceveil.vision.detect import BlazeFace, Predictions, find_faces
from faceveil.vision.face import Face, GreyImage
from training.data.record import DataError
from training.data.sets import SETS, data_folder

SEED = 20
MODEL = Path("models/detector/blazeface-short/model.onnx")
EYE_TOLERANCE = 0.25
"""Distance of an eye from its true place, in eye distances, up to which a face counts as found."""

COLUMNS = (
    "pictures",
    "mode",
    "number",
    "faces",
    "found",
    "missed",
    "doubled",
    "eyes off, %",
    "CPU ms",
    "runs (most)",
)


class CountingNetwork:
    """The detector's network; counts its runs."""

    def __init__(self, detector: BlazeFace) -> None:
        self._detector = detector
        self.runs = 0

    def __call__(self, view: GreyImage) -> Predictions:
        """Runs the network once."""
        self.runs += 1
        return self._detector.predict(view)


def real_data(given: Path | None) -> Path:
    """The folder of the data sets.

    Raises:
        DataError: if none is named, or drawn faces are.
    """
    folder = data_folder(given)
    if folder is None:
        raise DataError("The detector is measured on real faces: name a folder of data sets.")
    return folder


def pictures(name: str, data: Path, sample: int | None = None) -> list[GreyImage]:
    """The distinct pictures of a data set as grey levels, or a seeded sample of them."""
    records = list(SETS[name].load(data / SETS[name].place))
    if sample is not None:
        chosen = np.random.default_rng(SEED).choice(len(records), sample, replace=False)
        records = [records[i] for i in chosen]
    distinct = {}
    for record in records:
        with Image.open(io.BytesIO(record.read())) as image:
            pixels = np.asarray(image.convert("L"))
        distinct[pixels.tobytes()] = pixels
    return list(distinct.values())


def _eye_error(face: Face, eyes: Eyes) -> float:
    """Distance of the eyes from their true places, root mean square, in eye distances."""
    found, true = np.array([face.left_eye, face.right_eye]), np.array(eyes)
    distances = np.linalg.norm(found - true, axis=1)
    return float(np.sqrt(np.mean(distances**2)) / np.linalg.norm(true[1] - true[0]))


def measure(scenes: Iterable[Scene], detector: BlazeFace, *, thorough: bool) -> str:
    """Looks at every scene and gives the cells of a table row: faces, found, and so on."""
    wanted = found = doubled = count = 0
    errors, milliseconds, runs = [], [], []
    for scene in scenes:
        network = CountingNetwork(detector)
        started = time.process_time()
        faces = find_faces(scene.picture, network, thorough=thorough)
        milliseconds.append((time.process_time() - started) * 1000)
        runs.append(network.runs)
        count += 1
        if scene.eyes is None:
            wanted, found, doubled = wanted + 1, found + bool(faces), doubled + (len(faces) > 1)
            continue
        nearest = [min((_eye_error(f, eyes) for f in faces), default=9) for eyes in scene.eyes]
        good = [error for error in nearest if error < EYE_TOLERANCE]
        errors += good
        wanted, found = wanted + len(scene.eyes), found + len(good)
        doubled += max(len(faces) - len(scene.eyes), 0)
    eyes_off = f"{100 * np.median(errors):.1f}" if errors else ""
    return (
        f"{count} | {wanted} | {found} | {wanted - found} | {doubled} | {eyes_off} | "
        f"{np.median(milliseconds):.1f} | {np.median(runs):.0f} ({max(runs)})"
    )


def rows(data: Path, detector: BlazeFace) -> Iterator[tuple[str, list[Scene]]]:
    """Names of the table's rows, with their scenes."""
    portraits: list[Portrait] = []
    for name, title in (("jaffe", "JAFFE"), ("yale", "Yale"), ("frl", "FRL London")):
        own = pictures(name, data)
        faces = [detector.detect(picture) for picture in own]
        portraits += [Portrait(p, f[0]) for p, f in zip(own, faces, strict=True) if f]
        yield (
            title,
            [Scene(p, [eyes_of(f[0])] if f else None) for p, f in zip(own, faces, strict=True)],
        )
    yield "LFW, sample", [Scene(picture, None) for picture in pictures("lfw", data, 300)]
    yield "FER2013, sample", [Scene(picture, None) for picture in pictures("fer", data, 500)]
    for degrees in (15, 30, 45):
        sides = np.resize([degrees, -degrees], len(portraits))
        scenes = [turned(p, d) for p, d in zip(portraits, sides, strict=True)]
        yield f"portraits turned by {degrees} degrees", scenes
    yield "portraits at a fifth of the light", [dark(p) for p in portraits]
    yield "face cut off by the edge: 15 %", [cut(p, 0.15) for p in portraits]
    for width in (48, 32, 24, 18):
        rng = np.random.default_rng(SEED)
        yield f"face of {width} px in 512 px", [small(p, width, rng) for p in portraits]
    for side in (512, 1024):
        rng = np.random.default_rng(SEED)
        yield f"64 portraits in {side} px", [grid(portraits, side, rng) for _ in range(5)]
    yield "no face: drawn", list(drawn_without_face(np.random.default_rng(SEED)))
    yield "no face: beside the portraits' faces", list(beside_faces(portraits))


def print_table(data: Path, detector: BlazeFace) -> None:
    """Prints what was measured with, and the table."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("onnxruntime", "pillow", "numpy"))
    python = platform.python_version()
    print(f"{date.today()}; Python {python}, {packages}; one thread; seed {SEED}\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for title, scenes in rows(data, detector):
        for mode in ("quick", "thorough"):
            cells = measure(scenes, detector, thorough=mode == "thorough")
            print(f"| {title} | {mode} | {cells} |", flush=True)


def run(description: str | None, print_tables: Callable[[Path, BlazeFace], None]) -> None:
    """Reads the arguments of a benchmark of the detector, and has it print."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--model", type=Path, default=MODEL)
    arguments = parser.parse_args()
    try:
        print_tables(real_data(arguments.data), BlazeFace(arguments.model.read_bytes()))
    except DataError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    run(__doc__, print_table)
