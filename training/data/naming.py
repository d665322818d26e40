"""Layouts that are naming schemes: a picture's path tells what is known of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from training.data.record import DataError, Record

IMAGE = r"\.(?:jpe?g|png|bmp|webp|tiff?)"
"""Pattern of an image file's suffix."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A naming scheme; called with a set's folder, it yields the records of the files that fit.

    Attributes:
        pattern: of the end of a path, whole names of it, with the group `subject`, and `emotion`
            and `session` where the path tells them.
        example: such a path, for the error.
        emotions: what the group `emotion` means; a code that is not among them gives a record
            without an emotion.
        files: which files are looked at, as `Path.glob` has it; without it, those at any depth.
        either_case: whether letters may be of either case. What the groups hold is then taken in
            capitals.
        traits: given a set's folder, what the publisher states there of subjects, as
            `Record.traits` has it.
    """

    pattern: str
    example: str
    emotions: Mapping[str, str] = field(default_factory=dict)
    files: str = "**/*"
    either_case: bool = True
    traits: Callable[[Path], Mapping[str, Mapping[str, str]]] = lambda folder: {}

    def __call__(self, folder: Path) -> Iterator[Record]:
        """Yields the records of a set's folder, sorted by path.

        Raises:
            DataError: if no file's path fits.
        """
        paths = re.compile(f"(?:.*/)?{self.pattern}", re.IGNORECASE if self.either_case else 0)
        traits, found = self.traits(folder), False
        for path in sorted(folder.glob(self.files)):
            name = path.relative_to(folder).as_posix()
            if fields := paths.fullmatch(name):
                found = True
                parts = fields.groupdict()
                if self.either_case:
                    parts = {part: text.upper() for part, text in parts.items()}
                emotion = self.emotions.get(parts.get("emotion", ""))
                subject = parts["subject"]
                yield Record(
                    name,
                    path.read_bytes,
                    emotion,
                    subject,
                    parts.get("session"),
                    traits=traits.get(subject, {}),
                )
        if not found:
            raise DataError(f"{folder} holds no files named as this set's are ({self.example}).")
