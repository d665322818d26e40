"""A face recogniser as teacher: it tells what identity is in faces that nobody named.

The recogniser is dlib's (King 2017, http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html;
weights CC0), a residual network whose embeddings of one person lie close together. Where its
embedding of a face can be told from ours, so can the person; so training takes their dependence for
a loss (`training.filter.objectives.dependence`), which needs no names. It is heavy, and needs the
extra `teacher`; nothing of it is in the released filter.
"""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from faceveil.installation import how_to_add
from faceveil.pool.side_by_side import side_by_side
from training.data.digest import digest
from training.data.record import DataError

DIMENSION = 128
"""Values of the recogniser's embedding."""

_SIDE = 150  # pixels of the crops that it takes, framed about as ours are
_FORMAT = 1  # of the cache: another one wherever a crop would be seen otherwise
_PART = 512  # faces of a file in the cache: what a killed run loses at most


def likeness(
    crops: NDArray[np.uint8],
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float32]:
    """What the recogniser sees in each crop; from the cache where it is there.

    Args:
        crops: uint8, (N, H, W), grey levels.
        cache: folder; embeddings of faces are kept in it.
        progress: called with how many crops are done, and of how many.

    Returns:
        float32, (N, DIMENSION).

    Raises:
        DataError: if the extra `teacher` is not installed.
    """
    parts = [crops[start : start + _PART] for start in range(0, len(crops), _PART)]
    kept = [cache / f"teacher-{_FORMAT}-{digest(part)[:24]}.npy" for part in parts]
    todo = [(part, file) for part, file in zip(parts, kept, strict=True) if not file.exists()]
    if todo:
        weights = weights_file()
        cache.mkdir(parents=True, exist_ok=True)
        done = len(crops) - sum(len(part) for part, _ in todo)
        progress(done, len(crops))
        with side_by_side(initializer=_start, initargs=(weights,)) as pool:
            seen = pool.map(_look, (part for part, _ in todo))
            for (part, file), embedding in zip(todo, seen, strict=True):
                draft = file.with_suffix(".draft.npy")
                np.save(draft, embedding)
                draft.rename(file)
                done += len(part)
                progress(done, len(crops))
    return np.concatenate([np.load(file) for file in kept])


def weights_file() -> str:
    """Where the recogniser lies.

    Raises:
        DataError: if the extra `teacher` is not installed.
    """
    try:
        import dlib  # noqa: F401

        folder = files("face_recognition_models")
    except ImportError as error:
        raise DataError(
            f"The teacher needs {error.name}; train without one, or install the extra `teacher`. "
            f"{how_to_add('teacher', './training')}"
        ) from None
    return str(folder / "models" / "dlib_face_recognition_resnet_model_v1.dat")


class _Worker:
    """What a process of the pool keeps: the recogniser, opened once."""

    recogniser: Any


def _start(weights: str) -> None:
    import dlib

    _Worker.recogniser = dlib.face_recognition_model_v1(weights)


def _look(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    chips = [_chip(crop) for crop in crops]
    return np.array(_Worker.recogniser.compute_face_descriptor(chips), np.float32)


def _chip(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grown = Image.fromarray(crop).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    return np.repeat(np.asarray(grown)[:, :, None], 3, axis=2)
