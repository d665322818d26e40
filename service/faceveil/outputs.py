"""Files that a command is to write, looked at before the work whose result goes into them."""

import os
from collections.abc import Iterable
from pathlib import Path


class OutputError(OSError):
    """A file could not be written; the message is a sentence that says which, and why."""


def must_be_writable(
    *files: Path | None,
    folders: Iterable[Path] = (),
    beside: Iterable[Path | None] = (),
    make_folders: bool = False,
) -> None:
    """Lets pass what can be written once the work is done; makes and changes nothing itself.

    Args:
        files: that are to be written; None is no file.
        folders: that are to be written into, and made where they are missing.
        beside: files that are read, which none of these may be.
        make_folders: whether the files' folders are made where they are missing, and a draft is
            written beside a file before it takes its place.

    Raises:
        OutputError: at the first that cannot.
    """
    taken = {path.resolve() for path in beside if path is not None}
    for path in filter(None, files):
        if reason := _reason(path, make_folders):
            raise OutputError(f"{path} cannot be written: {reason}. Nothing was done yet.")
        if path.resolve() in taken and not _is_stream(path):
            raise OutputError(f"{path} is named twice. Name another file. Nothing was done yet.")
        taken.add(path.resolve())
    for folder in folders:
        if reason := _reason_of_folder(folder, make=True):
            raise OutputError(f"{folder} cannot be written into: {reason}. Nothing was done yet.")


def _reason(path: Path, make_folders: bool) -> str | None:
    if path.is_dir():
        return "it is a folder"
    if path.exists() and not os.access(path, os.W_OK):
        return "it may not be written to"
    if path.exists() and not make_folders:
        return None
    return _reason_of_folder(path.parent, make=make_folders)


def _reason_of_folder(folder: Path, *, make: bool) -> str | None:
    folder = folder.absolute()
    if make:
        folder = next(path for path in (folder, *folder.parents) if path.exists())
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
