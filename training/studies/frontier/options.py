"""What `faceveil frontier` is asked for."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from training.studies.study import FoldCount, Output, PaperSet, StartedStudy


@dataclass(frozen=True, kw_only=True)
class FrontierStudy(StartedStudy):
    """Measure how much mood embeddings tell for how little identity.

    It trains the preset, after a start on faces without names, on all folds, and judges it at each
    level of noise, beside an undefended filter, features made by hand and pictures made worse. To
    show what each part does, it judges variants that lack or replace one, on an inner split. With
    --codewords all this is done for standard expressions. The picture is written beside --output,
    as frontier-SET.svg. Ctrl-C is safe: the same command continues, and loses a minute at most.
    """

    NAME: ClassVar[str] = "frontier"

    data_set: PaperSet
    folds: FoldCount = 10
    seeds: Annotated[
        int,
        typer.Option(
            help="How often the preset is trained on all folds, with seeds a thousand apart.", min=1
        ),
    ] = 1
    only: Annotated[
        str | None,
        typer.Option(
            help="Variants to try, with commas, and nothing else: strong (with --codewords: "
            "expressions), controlled, mobile, inception, ... A wrong name lists all. In --output "
            "the other rows stay."
        ),
    ] = None
    output: Output = None

    @property
    def key(self) -> str:
        """With the set, and how many codewords there are."""
        codewords = f"-{self.codewords}-codewords" if self.codewords else ""
        return f"frontier-{self.data_set}{codewords}"

    @property
    def variants_key(self) -> str:
        """Names the table of variants, which other runs may have filled."""
        return f"{self.key}-variants"
