"""Files that a command is to write, looked at before the work whose result goes into them."""

import os
from collections.abc import Iterable
from pathlib import Path


class OutputError(OSError):
    """A file could not be written; the message is a sentence that says which, and why."""


def must_be_writable(*files: Path | None, beside: Iterable[Path | None] = ()) -> None:
    """Lets pass files that can be written once the work is done.

    Args:
        files: that are to be written; None is no file.
        beside: files that are read, which none of these may be.

    Raises:
        OutputError: at the first that cannot.
    """
    seen = {path.resolve() for path in beside if path is not None}
    for path in filter(None, files):
        if reason := _reason(path):
            raise OutputError(f"{path} cannot be written: {reason}. Nothing was done yet.")
        if path.resolve() in seen and not _is_stream(path):
            raise OutputError(f"{path} is named twice. Name another file. Nothing was done yet.")
        seen.add(path.resolve())


def _reason(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder"
    if path.exists():
        return None if os.access(path, os.W_OK) else "it may not be written to"
    folder = path.absolute().parent
    if not folder.exists():
        return f"there is no folder {folder}"
    if not folder.is_dir():
        return f"{folder} is no folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} may not be written to"
    return None


def _is_stream(path: Path) -> bool:
    """Whether it is no file but, for example, /dev/null."""
    return path.exists() and not path.is_file()
