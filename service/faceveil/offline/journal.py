"""What was read so far, as JSON lines: a run that was stopped goes on behind them.

A picture has one line. A clip has one a frame, and one at its end: without that, its lines are read
anew, since its tracks cannot be gone on with.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

Record = dict[str, Any]


class JournalError(Exception):
    """The file is not one to go on with; the message is a sentence."""


class Journal:
    """The lines of one output, open for more."""

    def __init__(self, path: Path | None, made_by: Record) -> None:
        """Reads what is there, and drops what is not whole.

        Args:
            path: of the file, which may not be there yet; None for the standard output.
            made_by: model, version, level and prior of this run.

        Raises:
            JournalError: if the file holds something else, or was made by another model.
            OSError: if it cannot be read or written.
        """
        self.done: set[str] = set()
        self._file: IO[str] = sys.stdout
        if path is None:
            return
        kept = self._whole(path, made_by) if path.is_file() else []
        draft = path.with_name(f"{path.name}.new")
        draft.write_text("".join(kept), encoding="utf-8")
        draft.replace(path)
        self._file = path.open("a", encoding="utf-8")

    def _whole(self, path: Path, made_by: Record) -> list[str]:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines.pop()
        parsed = [_parsed(path, line, made_by) for line in lines]
        self.done = {record["source"] for record in parsed if record["type"] != "frame"}
        return [
            line
            for line, record in zip(lines, parsed, strict=True)
            if record["source"] in self.done
        ]

    def add(self, record: Record) -> None:
        """Writes a line; it is whole in the file before the next one is begun."""
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._file is not sys.stdout:
            self._file.close()


def records(path: Path) -> Iterator[Record]:
    """The lines of a journal that is whole."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _parsed(path: Path, line: str, made_by: Record) -> Record:
    try:
        record: Record = json.loads(line)
        other = record.get("model", made_by) != made_by
        known = {"source", "type"} <= record.keys()
    except (ValueError, AttributeError):
        known = other = False
    if not known:
        raise JournalError(
            f"{path} holds something else than what this command writes. Name another "
            "file, or remove this one."
        )
    if other:
        raise JournalError(
            f"{path} was made by another model, level or prior, and the two do not go "
            "together. Name another file, or remove this one."
        )
    return record
