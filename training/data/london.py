"""What the Face Research Lab London Set states of the people in it."""

import csv
from pathlib import Path

from training.data.record import DataError, decade

FILE = "london_info.csv"
_COLUMNS = {"face_id", "face_age", "face_gender", "face_eth"}


def traits(folder: Path) -> dict[str, dict[str, str]]:
    """Sex, age in tens of years and origin of each person; nothing where the table is not there.

    Raises:
        DataError: if the table has other columns.
    """
    if not (folder / FILE).exists():
        return {}
    with (folder / FILE).open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not _COLUMNS.issubset(rows.fieldnames or ()):
            raise DataError(f"{folder / FILE} needs the columns {', '.join(sorted(_COLUMNS))}.")
        return {row["face_id"]: _traits(row) for row in rows}


def _traits(row: dict[str, str]) -> dict[str, str]:
    age = row["face_age"]
    stated = {
        "sex": row["face_gender"],
        "age": decade(int(age)) if age.isdecimal() else "",
        "origin": row["face_eth"].replace("_", " "),
    }
    return {trait: word for trait, word in stated.items() if word not in ("", "NA")}
