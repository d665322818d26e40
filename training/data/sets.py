"""The data sets that training knows by name, and how they are found."""

import os
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from training.data import ckplus, ckplus48, drawn, ferplus, manifest, portraits
from training.data.animated import origin
from training.data.data_set import DataSet
from training.data.named_sets import NAMED_SETS
from training.data.record import DRAWN, DataError

DATA_VARIABLE = "FACEVEIL_DATA"

SETS = {
    **NAMED_SETS,
    "fer": DataSet(ferplus.INFO, "fer2013plus_train.npz", ferplus.load),
    "fer-test": DataSet(ferplus.INFO, "fer2013plus_test.npz", ferplus.load),
    "ckplus": DataSet(ckplus.INFO, "ckplus", ckplus.load),
    "ckplus48": DataSet(ckplus48.INFO, "ckplus48", ckplus48.load),
    "animated": DataSet(origin.INFO, "animated", origin.load, whole=True),
    "animated-test": DataSet(origin.INFO, "animated", partial(origin.load, held_out=True)),
    "portraits": DataSet(portraits.INFO, "open", portraits.load),
    DRAWN: DataSet(drawn.INFO, "", drawn.load),
    "own": DataSet(manifest.INFO, ".", manifest.load),
}


def data_folder(given: Path | None) -> Path | None:
    """The folder that holds the data sets: the given one, or that of the environment.

    Returns:
        None where the word `drawn` is given: no folder is needed then. A folder of that name goes
        by its whole path.

    Raises:
        DataError: if neither is there.
    """
    named = given or (Path(value) if (value := os.environ.get(DATA_VARIABLE)) else None)
    if named is None:
        raise DataError(
            f"Say where the data sets are: --data FOLDER, or the variable {DATA_VARIABLE}. "
            f"With --data {DRAWN}, drawn faces serve for a first try."
        )
    if named == Path(DRAWN):
        return None
    if not named.exists():
        meant = f" Is '{DRAWN}' meant?" if get_close_matches(str(named), [DRAWN]) else ""
        raise DataError(f"There is no folder {named}.{meant}")
    if not named.is_dir():
        raise DataError(f"{named} is no folder.")
    return named
