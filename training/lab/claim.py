"""A run's folder is for one run: it says for which, and another one is refused."""

import hashlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from training.filter.distributed import first_alone

FILE = "plan.json"


def claim(folder: Path, purpose: str) -> None:
    """Writes down what the folder is for; refuses one that is for something else.

    Args:
        folder: of the run; made where it is not there.
        purpose: all that what is kept in the folder depends on.

    Raises:
        ValueError: if the folder holds a run with another purpose.
    """
    file = folder / FILE
    with first_alone():
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.write_text(purpose)
    if file.read_text() != purpose:
        raise ValueError(
            f"{folder} holds a run with another recipe, seed or data. "
            "Name another folder with --run, or delete this one."
        )


def digest(*columns: NDArray[Any]) -> str:
    """One value that changes with any of the arrays."""
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()
