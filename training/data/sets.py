"""The data sets that training knows by name, and how they are found."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from training.data import (
    ckplus,
    ckplus48,
    crema_d,
    drawn,
    ferg,
    ferplus,
    frl_london,
    jaffe,
    kdef,
    lfw,
    manifest,
    ravdess,
    yale,
)
from training.data.record import DataError, Record, SetInfo

DATA_VARIABLE = "FACEVEIL_DATA"

DRAWN = "drawn"
"""What may be said in place of a data folder, and the name of the set that needs none."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set: what the card says of it, where it lies, who reads it.

    Attributes:
        info: for the card.
        place: path from the data folder; empty where nothing is read from it.
        load: yields the records of the folder or file at that place.
    """

    info: SetInfo
    place: str
    load: Callable[[Path], Iterator[Record]]

    def is_in(self, folder: Path | None) -> bool:
        """Whether the set is there: in the data folder, or without one."""
        return not self.place or (folder is not None and (folder / self.place).exists())

    def must_be_in(self, folder: Path | None) -> None:
        """Nothing, where the set is there.

        Raises:
            DataError: if it is not.
        """
        if not self.is_in(folder):
            raise DataError(f"{self.info.name} is not there: {folder or 'no folder'}/{self.place}.")

    def records(self, folder: Path | None) -> Iterator[Record]:
        """Yields the set's records.

        Raises:
            DataError: if the set is not there, or not laid out as its publisher does.
        """
        self.must_be_in(folder)
        return self.load((folder or Path()) / self.place)


SETS = {
    "jaffe": DataSet(jaffe.INFO, "jaffe", jaffe.load),
    "yale": DataSet(yale.INFO, "yale", yale.load),
    "frl": DataSet(frl_london.INFO, "frl_london", frl_london.load),
    "lfw": DataSet(lfw.INFO, "lfw", lfw.load),
    "fer": DataSet(ferplus.INFO, "fer2013plus_train.npz", ferplus.load),
    "fer-test": DataSet(ferplus.INFO, "fer2013plus_test.npz", ferplus.load),
    "ckplus": DataSet(ckplus.INFO, "ckplus", ckplus.load),
    "ckplus48": DataSet(ckplus48.INFO, "ckplus48", ckplus48.load),
    "kdef": DataSet(kdef.INFO, "kdef", kdef.load),
    "ravdess": DataSet(ravdess.INFO, "ravdess", ravdess.load),
    "crema-d": DataSet(crema_d.INFO, "crema-d", crema_d.load),
    "ferg": DataSet(ferg.INFO, "ferg", ferg.load),
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
