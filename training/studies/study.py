"""What a study is asked for: its fields are its command's options, those of several declared here.

Nothing here needs torch, so that `--help` works without it.
"""

import shlex
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, cast

import typer
from typer.models import ArgumentInfo

from training.data.record import DRAWN
from training.filter.arithmetic import Precision


class DataSet(StrEnum):
    """The paper's sets."""

    JAFFE = "jaffe"
    YALE = "yale"


PaperSet = Annotated[
    DataSet, typer.Argument(metavar="SET", help="Which of the paper's sets: jaffe or yale.")
]

FoldCount = Annotated[int, typer.Option(help="Folds of the cross-validation.", min=2)]

Mixing = Annotated[
    float,
    typer.Option(
        help="How much large sets count: 0 treats all sets alike (best for people of small sets), "
        "1 counts images (best for strangers in the wild).",
        min=0,
        max=1,
    ),
]

Reference = Annotated[
    bool,
    typer.Option(help="Train and attack an undefended embedding too, which doubles the time."),
]

Output = Annotated[
    Path | None,
    typer.Option(
        help="Markdown file to write the tables into, between marks of their own; the rest of the "
        "file stays."
    ),
]


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study as it was asked for."""

    NAME: ClassVar[str]
    """Of the command."""

    ASIDE: ClassVar[tuple[str, ...]] = ()
    """Options that have no part in the command that makes the study again."""

    FIRST_TRY: ClassVar[dict[str, Any]] = {}
    """What options are with drawn faces, where they are not given."""

    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data sets, as their publishers lay them out. Without it: "
            "FACEVEIL_DATA."
        ),
    ] = None
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder for saved work; an interrupted run continues from it. Without it: a "
            "folder in runs, named after the study. Crops of faces are cached beside it, in crops."
        ),
    ] = None

    @classmethod
    def from_options(cls, **given: Any) -> Self:
        """The study with the options that were given; the others take their defaults."""
        usual = cls.FIRST_TRY if given.get("data") == Path(DRAWN) else {}
        return cls(**(usual | given))

    @property
    def key(self) -> str:
        """Names the study among others: its folder, and the marks around its tables."""
        return self.NAME

    @property
    def folder(self) -> Path:
        """Of the run."""
        return self.run or Path("runs") / self.key

    @property
    def command(self) -> str:
        """What makes it again, wherever the data are: paths are this machine's."""
        words = ["faceveil", self.NAME]
        for option in options_of(type(self)):
            if option.name not in self.ASIDE:
                usual = self.FIRST_TRY if self.data == Path(DRAWN) else {}
                words += _words(option, getattr(self, option.name), usual)
        return shlex.join(words)


@dataclass(frozen=True, kw_only=True)
class TrainingStudy(Study):
    """A study that trains."""

    seed: Annotated[
        int, typer.Option(help="Seed of all randomness; the same seed repeats the run.")
    ] = 0
    precision: Annotated[
        Precision,
        typer.Option(
            help="Arithmetic of the convolutions. auto times both and takes the faster for the "
            "whole run; a continued run stays with its own.",
        ),
    ] = Precision.AUTO


@dataclass(frozen=True, kw_only=True)
class StartedStudy(TrainingStudy):
    """A study whose filters start from faces without names."""

    steps: Annotated[int, typer.Option(help="Updates of the filter in each fold.", min=1)] = 400
    pretraining_steps: Annotated[
        int, typer.Option(help="Updates on faces without names, once for all folds.", min=1)
    ] = 4000
    codewords: Annotated[
        int,
        typer.Option(
            help="Release one of at most so many standard expressions, a bounded rest and noise, "
            "of which privacy is proved (docs/guarantee.md): 64, say. Without it, an embedding "
            "whose privacy is measured.",
            min=0,
            max=1024,
        ),
    ] = 0
    tutors: Annotated[
        int,
        typer.Option(
            help="Filters too large to be released that first learn from faces without names, and "
            "then teach the released one to read. Each takes ten times as long as that: minutes on "
            "a GPU, hours on a few cores.",
            min=0,
        ),
    ] = 0
    teacher: Annotated[
        bool,
        typer.Option(
            help="Let a face recogniser show what to hide. Needs the extra `teacher`, and once "
            "some minutes for each thousand faces."
        ),
    ] = False


def options_of(study: type[Study]) -> Iterator[Field[Any]]:
    """Its fields, those that it has alone before those that it shares."""
    by_name = {field.name: field for field in fields(study)}
    for part in study.__mro__:
        for name in vars(part).get("__annotations__", {}):
            if name in by_name:
                yield by_name.pop(name)


def _words(option: Field[Any], value: object, usual: dict[str, Any]) -> list[str]:
    """An option as it is written: a flag where it is not as usual, a path where it is the word."""
    (info,) = cast("Any", option.type).__metadata__
    if isinstance(info, ArgumentInfo):
        return [str(value)]
    name = option.name.replace("_", "-")
    if isinstance(value, bool):
        if value == option.default == usual.get(option.name, value):
            return []
        return [f"--{name}" if value else f"--no-{name}"]
    if value is None or (isinstance(value, Path) and value != Path(DRAWN)):
        return []
    return [f"--{name}", str(value)]
