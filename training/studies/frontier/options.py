"""What `faceveil frontier` is asked for."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from training.studies.study import FoldCount, Output, PaperSet, StartedStudy


@dataclass(frozen=True, kw_only=True)
class FrontierStudy(StartedStudy):
    """Show how much of the mood can be kept for how little of the person, and what each part does.

    The preset after a start on faces without names, on all folds, at each level of noise, beside an
    undefended filter, features made by hand and pictures made worse; and variants of it, with a
    part less or another, on an inner split. Ctrl-C is safe: the same command goes on, at most a
    minute before where it was stopped. The picture is written beside --output, as frontier-SET.svg.
    """

    NAME: ClassVar[str] = "frontier"

    data_set: PaperSet
    folds: FoldCount = 10
    seeds: Annotated[
        int,
        typer.Option(
            help="How often the preset is trained on all folds, by seeds a thousand apart.", min=1
        ),
    ] = 1
    output: Output = None

    @property
    def key(self) -> str:
        """With the set."""
        return f"frontier-{self.data_set}"
