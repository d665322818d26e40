"""A set of animated faces as a folder that training reads as it reads one's own faces."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from faceveil.pool.side_by_side import side_by_side
from training.data.animated.action_units import expression_of
from training.data.animated.fit import Fit
from training.data.animated.head import shipped_head
from training.data.animated.origin import ORIGIN
from training.data.animated.portrait import Portrait
from training.data.animated.shot import Plan, Shot, shots_of
from training.data.animated.take import photograph
from training.data.manifest import CSV_NAME
from training.data.moves import DETAILS
from training.data.record import EMOTIONS

CONTACT_SHEET = "contact-sheet.png"

_SHEET_PEOPLE = 8
_SHEET_TAKES = 2
_SHEET_SIDE = 128


def write_set(
    portraits: Mapping[str, Portrait],
    output: Path,
    plan: Plan,
    origin: Mapping[str, object],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Shot]:
    """Draws the pictures, and writes down all that is known of each.

    Args:
        portraits: by their subjects.
        output: folder to write into.
        plan: what is to be made.
        origin: of the portraits, and their terms.
        progress: called with how many people are done, and of how many.
    """
    shots = {
        subject: list(shots_of(subject, number, plan)) for number, subject in enumerate(portraits)
    }
    # Without the head, which is large and which each process has.
    jobs = [(one.picture, one.fit, shots[subject]) for subject, one in portraits.items()]
    with side_by_side() as pool:
        for done, _ in enumerate(pool.map(partial(_photograph, output, plan.size), jobs), start=1):
            progress(done, len(jobs))
    all_shots = [shot for of_one in shots.values() for shot in of_one]
    with (output / CSV_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "subject", "emotion", "session"])
        writer.writerows(
            [shot.image, shot.subject, shot.emotion, shot.session] for shot in all_shots
        )
    with (output / DETAILS).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(_rounded(asdict(shot))) + "\n" for shot in all_shots)
    contact_sheet(output, all_shots).save(output / CONTACT_SHEET)
    (output / ORIGIN).write_text(
        json.dumps({**origin, "plan": asdict(plan)}, indent=2) + "\n", "utf-8"
    )
    return all_shots


def _photograph(
    output: Path, size: int, job: tuple[NDArray[np.uint8], Fit, Sequence[Shot]]
) -> None:
    picture, fit, shots = job
    portrait = Portrait(picture, shipped_head(), fit)
    for shot in shots:
        file = output / shot.image
        file.parent.mkdir(parents=True, exist_ok=True)
        expression = expression_of(shot.acting, portrait.head.names)
        rng = np.random.default_rng(shot.seed)
        file.write_bytes(photograph(portrait, expression, shot.take, size, rng))


def contact_sheet(output: Path, shots: Sequence[Shot]) -> Image.Image:
    """The first people, a row each, with two takes of each emotion at its strongest: to look at."""
    cells: dict[tuple[str, str], list[Shot]] = {}
    for shot in sorted(shots, key=lambda shot: -shot.strength):
        cells.setdefault((shot.subject, shot.image.split("/")[1]), []).append(shot)
    subjects = list(dict.fromkeys(shot.subject for shot in shots))[:_SHEET_PEOPLE]
    width = len(EMOTIONS) * _SHEET_TAKES * _SHEET_SIDE
    sheet = Image.new("RGB", (width, len(subjects) * _SHEET_SIDE))
    for row, subject in enumerate(subjects):
        for column, emotion in enumerate(EMOTIONS):
            for take, shot in enumerate(_takes(cells.get((subject, emotion), []))):
                with Image.open(output / shot.image) as image:
                    small = image.resize((_SHEET_SIDE, _SHEET_SIDE))
                left = (column * _SHEET_TAKES + take) * _SHEET_SIDE
                sheet.paste(small, (left, row * _SHEET_SIDE))
    return sheet


def _takes(shots: Sequence[Shot]) -> list[Shot]:
    """One shot each of the first takes: the strongest comes first."""
    firsts = {shot.session or shot.image: shot for shot in reversed(shots)}
    return [firsts[name] for name in sorted(firsts)][:_SHEET_TAKES]


def _rounded(value: object) -> object:
    """The same with four digits after the point: more is not worth writing down."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
