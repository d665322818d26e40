"""Trained filters in files: whatever took long is not done twice."""

from collections.abc import Callable
from pathlib import Path

import torch

from training.filter.algorithm import Filter, Recipe, new_filter
from training.filter.distributed import agreed, is_first
from training.lab.plan import Report


def kept(file: Path, side: int, classes: int, recipe: Recipe, make: Callable[[], Filter]) -> Filter:
    """What the file holds, or else what `make` makes, which is then kept in it.

    Args:
        file: of the filter.
        side: height and width of the crops, in pixels.
        classes: how many emotions it reads, E.
        recipe: by which it was made.
        make: trains it, in all processes that train together.
    """
    if agreed(file.exists()):
        found = new_filter(side, classes, recipe)
        state = torch.load(file, weights_only=True)
        found.base.load_state_dict(state["base"])
        found.emotion_head.load_state_dict(state["emotion_head"])
        return found
    made = make()
    if is_first():
        draft = file.with_suffix(".draft")
        state = {"base": made.base.state_dict(), "emotion_head": made.emotion_head.state_dict()}
        torch.save(state, draft)
        draft.rename(file)
    return made


def told(
    report: Report, stage: str, total: int, before: int = 0
) -> Callable[[int, dict[str, float]], None]:
    """Has a training tell a stage how far it is."""
    return lambda step, _: report(stage, before + step, total)
