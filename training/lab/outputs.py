"""What a command will write: whether it can be written is seen before the work, not after."""

import os
from collections.abc import Iterable
from pathlib import Path


def refuse_unwritable(files: Iterable[Path | None] = (), folders: Iterable[Path] = ()) -> None:
    """Looks at each place; nothing is made or changed.

    Args:
        files: to be written, in place of what is there; none where nothing was asked for.
        folders: to be written into.

    Raises:
        ValueError: if one cannot be written, with the reason.
    """
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            raise ValueError(f"{file} is a folder. Name a file.")
        if file.exists() and not os.access(file, os.W_OK):
            raise ValueError(f"{file} cannot be written: it belongs to somebody else.")
        _refuse(file.parent)
    for folder in folders:
        _refuse(folder)


def _refuse(folder: Path) -> None:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise ValueError(f"{folder} cannot be made: {there} is a file.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"Nothing can be written into {there}. Name another place.")
