"""Why the detector's constants are what they are.

    python -m benchmarks.detector_choices --data FOLDER

Three tables: how many faces and how many clouds would count at which score; how steady the eyes are
when the second look is wider or narrower; what fills the edges best.
"""

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.detector import SEED, pictures, run
from benchmarks.scenes import clouds
from faceveil.vision import detect, windows
from faceveil.vision.detect import BlazeFace
from faceveil.vision.face import GreyImage

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
MARGINS = (1.4, 1.6, 2.0, 2.5, 3.2, 4.0)
FRAMINGS = 8


def best_scores(detector: BlazeFace, some: Sequence[GreyImage]) -> list[float]:
    """Score of the surest face that the coarse looks at each picture give, 0 where none does."""
    with patch.object(detect, "DOUBTFUL", 0.0), patch.object(windows, "MIN_TILE", np.inf):
        found = [detector.detect(picture) for picture in some]
    return [max((face.score for face in faces), default=0.0) for faces in found]


def unsteadiness(detector: BlazeFace, portraits: Sequence[GreyImage]) -> list[float]:
    """How far the eyes of a portrait wander when it is framed otherwise, in eye distances.

    Root mean square over FRAMINGS windows of 80 to 100 % of the picture, for each portrait.
    """
    rng = np.random.default_rng(SEED)
    wander = []
    for picture in portraits:
        height, width = picture.shape
        found = []
        for _ in range(FRAMINGS):
            part = rng.uniform(0.8, 1)
            x, y = (int(rng.uniform(0, (1 - part) * length)) for length in (width, height))
            framed = picture[y : y + int(part * height), x : x + int(part * width)]
            faces = detector.detect(np.ascontiguousarray(framed))
            found += [np.add([face.left_eye, face.right_eye], (x, y)) for face in faces[:1]]
        eyes = np.array(found)
        mean = eyes.mean(axis=0)
        square = ((eyes - mean) ** 2).sum(axis=2).mean()
        wander.append(float(np.sqrt(square) / np.linalg.norm(mean[1] - mean[0])))
    return wander


def print_tables(data: Path, detector: BlazeFace) -> None:
    """Prints the three tables."""
    faces = {"LFW": pictures("lfw", data, 800), "FER2013": pictures("fer", data, 3000)}
    rng = np.random.default_rng(SEED)
    sets = {**faces, "clouds (no face)": [clouds(rng) for _ in range(1500)]}

    print("| score of the second look | " + " | ".join(map(str, THRESHOLDS)) + " |")
    print("| --- |" + " --- |" * len(THRESHOLDS))
    for name, some in sets.items():
        scores = np.array(best_scores(detector, some))
        counts = " | ".join(str((scores >= threshold).sum()) for threshold in THRESHOLDS)
        print(f"| {name}, of {len(some)} | {counts} |", flush=True)

    print("\n| MARGIN | eyes wander, median, % | nine of ten under, % |\n| --- | --- | --- |")
    portraits = [
        *pictures("jaffe", data)[::4],
        *pictures("yale", data),
        *pictures("frl", data)[::4],
    ]
    for margin in MARGINS:
        with patch.object(detect, "MARGIN", margin):
            median, ninth = 100 * np.quantile(unsteadiness(detector, portraits), [0.5, 0.9])
        print(f"| {margin} | {median:.2f} | {ninth:.2f} |", flush=True)

    print("\n| PADDING_GREY | LFW | FER2013 |\n| --- | --- | --- |")
    for level in (0, 128, 255):
        with patch.object(windows, "PADDING_GREY", level):
            found = [sum(bool(detector.detect(p)) for p in some) for some in faces.values()]
        print(f"| {level} | {found[0]} of 800 | {found[1]} of 3000 |", flush=True)


if __name__ == "__main__":
    run(__doc__, print_tables)
