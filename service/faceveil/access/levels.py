"""Which privacy levels a key can name: those that an installed model has."""

import difflib
from pathlib import Path

from faceveil.model.bundle import BundleError, list_bundles, read_card


def installed_levels(directory: Path) -> list[str]:
    """The levels of all installed models, each once; a broken card counts as none.

    Args:
        directory: of the models.
    """
    levels: dict[str, None] = {}
    for folder in list_bundles(directory).values():
        try:
            levels |= dict.fromkeys(read_card(folder).levels)
        except BundleError:
            continue  # `faceveil models verify` tells
    return list(levels)


def unknown_level(level: str, levels: list[str]) -> str:
    """The refusal of a level that no model has."""
    near = difflib.get_close_matches(level.lower(), levels, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"No installed model has the level {level!r}.{hint} There are: {', '.join(levels)}."
