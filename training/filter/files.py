"""Trained filters in files: whatever took long is not done twice."""

from collections.abc import Callable
from pathlib import Path

import torch

from training.filter.distributed import agreed, is_first
from training.filter.model import Filter, new_filter, with_codebook
from training.filter.recipe import Recipe
from training.filter.release import Codebook

_CODEBOOK = ("codewords", "table")


def cached(
    file: Path, side: int, classes: int, recipe: Recipe, create: Callable[[], Filter]
) -> Filter:
    """The filter in the file, or else a new one, which is then written into it.

    Args:
        file: of the filter.
        side: height and width of the crops, in pixels.
        classes: how many emotions it reads, E.
        recipe: by which it is trained.
        create: trains it, in all processes that train together.
    """
    if agreed(file.exists()):
        found = new_filter(side, classes, recipe)
        state = torch.load(file, weights_only=True)
        if recipe.codewords:
            empty = (torch.zeros_like(state["base"][f"codebook.{it}"]) for it in _CODEBOOK)
            found = with_codebook(found, Codebook(*empty))
        found.base.load_state_dict(state["base"])
        found.emotion_head.load_state_dict(state["emotion_head"])
        if (prior := state.get("prior")) is not None:
            found.prior = prior.numpy()
        return found
    filter_ = create()
    if is_first():
        draft = file.with_suffix(".draft")
        state = {
            "base": filter_.base.state_dict(),
            "emotion_head": filter_.emotion_head.state_dict(),
            "prior": None if filter_.prior is None else torch.from_numpy(filter_.prior),
        }
        torch.save(state, draft)
        draft.rename(file)
    return filter_
