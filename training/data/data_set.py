"""A data set as training knows it: what it is, where it lies, who reads it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.data.record import DataError, Record, SetInfo


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set: what the card says of it, where it lies, who reads it.

    Attributes:
        info: for the card.
        place: path from the data folder; empty where nothing is read from it.
        load: yields the records of the folder or file at that place.
        whole: whether it is always learned from as a whole, named people and all: it is made of
            other sets' portraits, and is judged by people held out of it, not by folds.
    """

    info: SetInfo
    place: str
    load: Callable[[Path], Iterator[Record]]
    whole: bool = False

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
