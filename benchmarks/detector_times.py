"""How long a search takes, and each part of a portrait's way from its file to its mood."""

import io
import time
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.detector_rows import SEED
from benchmarks.detector_turns import without_noise
from benchmarks.detectors import Contender, contenders
from benchmarks.scenes import MOST_PIXELS, Portrait, as_jpeg, in_a_room
from benchmarks.serving.table import table
from faceveil.model.filter import PrivacyFilter
from faceveil.vision.align import align
from faceveil.vision.blazeface import SIDE
from faceveil.vision.decode import decode
from faceveil.vision.detect import FaceDetector
from faceveil.vision.face import GreyImage
from faceveil.vision.pose import pose_of
from faceveil.vision.quality import doubts_of

ROUNDS = 7
"""In which times are taken, the contenders in turn: the least counts, as other work only adds."""

PORTRAIT = (640, 480)
"""Width and height of the JPEG that a portrait comes as."""

PHONES = ((4032, 3024), (12000, 9000))
"""Width and height of what phones send."""


def print_times(
    detector: FaceDetector, portraits: Sequence[Portrait], filter_: PrivacyFilter
) -> None:
    """Prints the tables of searches, of parts and of single runs."""
    several = contenders(detector)
    crowd = in_a_room(portraits, (1080, 1920), 60, np.random.default_rng(SEED), heads=20).picture
    shown = [one.picture for one in portraits]
    head = [f"CPU ms, the least of {ROUNDS} rounds", *(one.name for one in several)]
    rows = []
    for title, pictures, thorough in (
        (f"the largest face of a portrait, median of {len(shown)}", shown, False),
        (f"all faces of a portrait, median of {len(shown)}", shown, True),
        ("the largest of 20 faces of 60 px in 1920 x 1080", [crowd], False),
        ("all 20 of them", [crowd], True),
    ):
        runs = [[partial(one.detect, each, thorough) for one in several] for each in pictures]
        times = np.median([_least_times(each) for each in runs], axis=0)
        rows.append([title, *(f"{each:.1f}" for each in times)])
    print(f"\n{table(head, rows)}", flush=True)
    for size in PHONES:
        data = as_jpeg(crowd, size)
        (decoding,) = _least_times([partial(decode, data, max_pixels=MOST_PIXELS)])
        megabytes = len(data) / 2**20
        print(
            f"\nDecoding a JPEG of {size[0]} x {size[1]} ({megabytes:.1f} MB): {decoding:.1f} ms."
        )
    _print_parts(detector, portraits, filter_)
    _print_runs(detector, shown[0])


class _Watched:
    """A network, and how often and how long it ran."""

    def __init__(self, network: Callable[[GreyImage], Any]) -> None:
        self._network = network
        self.runs, self.milliseconds = 0, 0.0

    def __call__(self, shown: GreyImage) -> Any:
        started = time.process_time()
        seen = self._network(shown)
        self.milliseconds += (time.process_time() - started) * 1000
        self.runs += 1
        return seen

    def taken(self) -> tuple[int, float]:
        """Runs and milliseconds since this was asked last."""
        taken = self.runs, self.milliseconds
        self.runs, self.milliseconds = 0, 0.0
        return taken


def _print_parts(
    detector: FaceDetector, portraits: Sequence[Portrait], filter_: PrivacyFilter
) -> None:
    watched = copy(detector)
    near, far = (_Watched(network) for network in detector.networks)
    watched.networks = (near, far)
    files = [as_jpeg(_on_a_sheet(one.picture), PORTRAIT) for one in portraits]
    ours, _, before = contenders(watched)
    several = [_parts(each, (ours, before), near, far, filter_) for each in files]
    columns = [
        {part: float(np.mean([one[number][part] for one in several])) for part in several[0][0]}
        for number in range(2)
    ]
    rows = [[part, *(f"{column[part]:.2f}" for column in columns)] for part in columns[0]]
    sums = (sum(ms for part, ms in column.items() if "runs" not in part) for column in columns)
    rows.append(["all of it", *(f"{each:.2f}" for each in sums)])
    head = [
        f"CPU ms of a portrait of {PORTRAIT[0]} x {PORTRAIT[1]}, mean of {len(files)}",
        "ours",
        "before",
    ]
    print(f"\n{table(head, rows)}", flush=True)


def _on_a_sheet(picture: GreyImage) -> GreyImage:
    """The portrait as high as the sheet, which is as much wider as PORTRAIT says."""
    height, width = picture.shape
    scale = min(PORTRAIT[1] / height, PORTRAIT[0] / width)
    sheet = Image.new("L", PORTRAIT, 128)
    size = round(width * scale), round(height * scale)
    shown = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
    sheet.paste(shown, ((PORTRAIT[0] - size[0]) // 2, 0))
    return np.asarray(sheet)


def _parts(
    data: bytes,
    several: Sequence[Contender],
    near: _Watched,
    far: _Watched,
    filter_: PrivacyFilter,
) -> list[dict[str, float]]:
    """Milliseconds of each part, and runs, of each detector's quickest search of several."""
    card = filter_.card
    picture = decode(data, max_pixels=MOST_PIXELS).pixels
    face = several[0].detect(picture, False)[0]
    crop = align(picture, face.left_eye, face.right_eye, card.crop)
    loading, decoding, aligning, doubting, reading = _least_times(
        [
            lambda: Image.open(io.BytesIO(data)).load(),
            lambda: decode(data, max_pixels=MOST_PIXELS),
            lambda: align(picture, face.left_eye, face.right_eye, card.crop),
            lambda: doubts_of(face, crop, pose_of(face)),
            lambda: filter_.read([crop], without_noise(card.dimension)),
        ]
    )
    rounds: list[list[tuple[float, int, float, int, float]]] = [[] for _ in several]
    for _ in range(ROUNDS):
        for contender, searches in zip(several, rounds, strict=True):
            near.taken()
            far.taken()
            (searching,) = _least_times([partial(contender.detect, picture, False)], rounds=1)
            searches.append((searching, *near.taken(), *far.taken()))
    return [
        {
            "JPEG to colours": loading,
            "checks before it, and colours to grey": decoding - loading,
            "BlazeFace": near_took,
            "BlazeFace, runs": near_runs,
            "YuNet": far_took,
            "YuNet, runs": far_runs,
            "windows, boxes and points": searching - near_took - far_took,
            "crop": aligning,
            "pose and doubts": doubting,
            "mood and embedding": reading,
        }
        for searching, near_runs, near_took, far_runs, far_took in map(min, rounds)
    ]


def _print_runs(detector: FaceDetector, picture: GreyImage) -> None:
    near, far = detector.networks

    def shown(height: int, width: int) -> GreyImage:
        return np.asarray(Image.fromarray(picture).resize((width, height)))

    sizes = ((96, 96), (128, 128), (192, 256), (1088, 1920))
    runs = [partial(far, shown(*size)[np.newaxis]) for size in sizes]
    times = _least_times([partial(near, shown(SIDE, SIDE)), *runs])
    names = ["BlazeFace, 128 x 128", *(f"YuNet, {width} x {height}" for height, width in sizes)]
    rows = [[name, f"{ms:.2f}"] for name, ms in zip(names, times, strict=True)]
    print(f"\n{table(['one run of', 'CPU ms'], rows)}")


def _least_times(runs: Sequence[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """CPU milliseconds of each, the least of several rounds."""
    times = np.empty((rounds, len(runs)))
    for row in times:
        for number, run in enumerate(runs):
            started = time.process_time()
            run()
            row[number] = (time.process_time() - started) * 1000
    return times.min(axis=0).tolist()  # type: ignore[no-any-return]
