"""The folder that the service keeps its own things in, and what to do where it cannot."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "FACEVEIL_STATE_DIRECTORY"
IMAGE_USER = 10001
"""Whom our container image runs as."""

_RIGHTS = {errno.EACCES, errno.EPERM}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR}


class StateFolderError(OSError):
    """The state folder cannot be used; the message is a sentence for the operator."""


@contextmanager
def state_folder(folder: Path) -> Iterator[Path]:
    """Makes the folder where there is none, and puts what fails within the block into a sentence.

    Raises:
        StateFolderError: instead of any other OSError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield folder
    except StateFolderError:
        raise
    except OSError as problem:
        raise StateFolderError(_sentence(folder, problem)) from problem


def must_be_usable(*paths: Path) -> None:
    """Lets pass where this process may read and write each of them that is there.

    Nothing is opened: closing a file of SQLite's would give up the locks that this process has on
    it.

    Raises:
        PermissionError: otherwise, with the path.
    """
    for path in paths:
        wanted = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
        if path.exists() and not os.access(path, wanted):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _sentence(folder: Path, problem: OSError) -> str:
    user = os.geteuid()
    where = Path(os.fsdecode(problem.filename)) if problem.filename else folder
    reason = (
        f"{VARIABLE}: the folder {folder} cannot be used by the user id {user}, which this process "
        f"runs under: {where}: {problem.strerror}."
    )
    if problem.errno in _RIGHTS:
        return (
            f"{reason} Give the folder to that user, with all in it (chown -R {user} {folder}), or "
            f"name another. One that is mounted into a container must be the image's user's: run "
            f"chown -R {IMAGE_USER} on it at the host."
        )
    if problem.errno in _IN_THE_WAY:
        return f"{reason} Move away what is there, or name another folder."
    if problem.errno == errno.EROFS:
        return f"{reason} Mount a folder there that can be written, or name another."
    return f"{reason} Mend that, or name another folder."
