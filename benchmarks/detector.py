"""How many faces the detector finds, misses and invents, beside YuNet alone and the one before.

    python -m benchmarks.detector [--data FOLDER] [--pictures 40] [--rows TEXT ...]

Portraits come from the folder of data sets (or the variable FACEVEIL_DATA): those of free terms are
set into scenes, turned, darkened, covered and blurred here. Without it, drawn faces stand for them.
Pictures without a face are drawn.

It prints tables, row by row as they come: what is found; which goals are reached; whether the mood
of a turned portrait is read as that of the upright one; and the CPU time of a search and of each
part of a portrait's way. All of it takes about ten minutes of one free core, and stands in
docs/figures/detector.md.

    python -m benchmarks.detector --rows 'no face'        # the rows that hold these words
    python -m benchmarks.detector --rows turns times      # those tables alone
"""

import argparse
import platform
import time
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.detector_rows import SEED, Row, portraits_of, rows
from benchmarks.detector_times import print_times
from benchmarks.detector_turns import crop_of, print_turns
from benchmarks.detectors import Contender, contenders
from benchmarks.goals import CROPS, PORTRAITS, Count, Tally
from benchmarks.scenes import Scene, eye_error
from faceveil.installation import DETECTOR_FILE, MODELS
from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.detector import open_detector
from faceveil.model.filter import PrivacyFilter
from training.data.record import DataError
from training.data.sets import data_folder

EYE_TOLERANCE = 0.35
"""Distance of an eye from its true place, in eye distances, up to which a face counts as found; a
face that is found upside down is far beyond."""

TURNS, TIMES = "turns", "times"
"""What to call these tables where only some rows are wanted."""


def measure(
    scenes: Sequence[Scene], contender: Contender, *, thorough: bool
) -> tuple[Count, float]:
    """What a detector makes of the scenes; and its median CPU milliseconds."""
    total = Count()
    milliseconds = []
    for scene in scenes:
        started = time.process_time()
        faces = contender.detect(scene.picture, thorough)
        milliseconds.append((time.process_time() - started) * 1000)
        if scene.eyes is None:
            there, found = 1, int(bool(faces))
        else:
            nearest = [min((eye_error(f, eyes) for f in faces), default=9) for eyes in scene.eyes]
            there, found = len(scene.eyes), sum(error < EYE_TOLERANCE for error in nearest)
        more = max(len(faces) - there, 0)
        total += Count(1, there, found, more, int(more > 0))
    return total, float(np.median(milliseconds))


def print_found(
    several: Sequence[Contender], shown: Sequence[Row], filter_: PrivacyFilter, tally: Tally
) -> None:
    """Prints what is found in each row, and adds it to the tally."""
    names = [one.name for one in several]
    columns = ["pictures", "number", "faces", *(each for name in names for each in (name, "ms"))]
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for row in shown:
        scenes, cells, counts = row.scenes(), [], []
        for contender in several:
            count, milliseconds = measure(scenes, contender, thorough=row.thorough)
            counts.append(count)
            cells += [f"{count.found} + {count.invented}", f"{milliseconds:.1f}"]
        print(
            f"| {row.title} | {len(scenes)} | {counts[0].faces} | {' | '.join(cells)} |", flush=True
        )
        tally.add(row.goal, counts)
        if row.goal == PORTRAITS:
            tally.add(
                CROPS, [_cut_out_as_before(scenes, one, several[-1], filter_) for one in several]
            )


def _cut_out_as_before(
    scenes: Sequence[Scene], one: Contender, before: Contender, filter_: PrivacyFilter
) -> Count:
    """How many largest faces come out as the detector before has them."""
    geometry = filter_.card.crop
    same = 0
    for scene in scenes:
        crop, other = (crop_of(scene.picture, each, geometry) for each in (one, before))
        same += crop is not None and other is not None and bool((crop == other).all())
    return Count(len(scenes), len(scenes), same)


def main() -> None:
    """Reads the arguments and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument(
        "--pictures",
        type=int,
        default=40,
        help="in a row, about: the default is 40; whole sets stay whole",
    )
    parser.add_argument(
        "--rows",
        nargs="+",
        default=[],
        metavar="TEXT",
        help=f"only rows that hold a text; '{TURNS}' and '{TIMES}' are the last two tables",
    )
    arguments = parser.parse_args()
    try:
        data = data_folder(arguments.data)
    except DataError as problem:
        if arguments.data is not None:
            parser.error(str(problem))
        data = None
    detector = open_detector(DETECTOR_FILE)
    filter_ = PrivacyFilter.load(load_bundle(find_bundle(MODELS, "faceveil")))
    several, only = contenders(detector), arguments.rows
    number = max(4, arguments.pictures)
    packages = ", ".join(f"{name} {version(name)}" for name in ("onnxruntime", "pillow", "numpy"))
    of = "portraits of free terms" if data else "drawn faces"
    print(
        f"{date.today()}; Python {platform.python_version()}, {packages}; one thread; seed {SEED}; "
        f"{of}; found + invented, and CPU ms a picture\n"
    )
    portraits = portraits_of(data, detector, 8 * number)
    shown = [
        row
        for row in rows(data, portraits, number)
        if not only or any(text in row.title for text in only)
    ]
    tally = Tally([one.name for one in several])
    if shown:
        print_found(several, shown, filter_, tally)
    if not only or TURNS in only:
        print_turns(several, portraits[: 2 * number], filter_, tally)
    print(f"\n{tally.table()}", flush=True)
    if not only or TIMES in only:
        print_times(detector, portraits[:20], filter_)


if __name__ == "__main__":
    main()
