"""The data sets that training knows by name, and how they are found."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.data import ferplus, frl_london, jaffe, lfw, manifest, yale
from training.data.record import DataError, Record, SetInfo

DATA_VARIABLE = "FACEVEIL_DATA"


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set: what the card says of it, where it lies in the data folder, who reads it."""

    info: SetInfo
    place: str
    load: Callable[[Path], Iterator[Record]]


SETS = {
    "jaffe": DataSet(jaffe.INFO, "jaffe", jaffe.load),
    "yale": DataSet(yale.INFO, "yale", yale.load),
    "frl": DataSet(frl_london.INFO, "frl_london", frl_london.load),
    "lfw": DataSet(lfw.INFO, "lfw", lfw.load),
    "fer": DataSet(ferplus.INFO, "fer2013plus_train.npz", ferplus.load),
    "fer-test": DataSet(ferplus.INFO, "fer2013plus_test.npz", ferplus.load),
    "own": DataSet(manifest.INFO, ".", manifest.load),
}


def data_folder(given: Path | None) -> Path:
    """The folder that holds the data sets: the given one, or that of the environment.

    Raises:
        DataError: if neither is there.
    """
    named = given or (Path(value) if (value := os.environ.get(DATA_VARIABLE)) else None)
    if named is None:
        raise DataError(
            f"Say where the data sets are: --data FOLDER, or the variable {DATA_VARIABLE}."
        )
    if not named.is_dir():
        raise DataError(f"{named} is no folder.")
    return named
