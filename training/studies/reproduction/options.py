"""What `faceveil reproduce` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from training.studies.study import FoldCount, Output, PaperSet, TrainingStudy


@dataclass(frozen=True, kw_only=True)
class ReproduceStudy(TrainingStudy):
    """Run the paper's experiment again, and print both tables.

    Narula, Wang, Chaspari 2020 (arXiv 2001.06103): the systems Face, Emotion, Emotion2Face, Hybrid
    (Algorithm 1), Hybrid2Emotion and Hybrid2Face on the same folds. Beside the paper's own attacker
    stand those of the audit, on what its bases and the preset strong release; then HOG, Gabor and
    eigenface features, degraded pictures, and checks that must come out at certainty and at chance.

    Ctrl-C is safe: finished folds are saved, and the same command continues from them.
    """

    NAME: ClassVar[str] = "reproduce"
    ASIDE: ClassVar[tuple[str, ...]] = ("systems",)

    data_set: PaperSet
    folds: FoldCount = 10
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Minutes instead of most of an hour: fewer folds tested, iterations, images and "
            "attackers. The table says what was cut.",
        ),
    ] = False
    systems: Annotated[
        str | None,
        typer.Option(
            help="Systems to run, with commas, as in Emotion,Hybrid,strong; an unknown name lists "
            "them. The table holds all that the run's folder holds. Without it: all."
        ),
    ] = None
    output: Output = None
    json: Annotated[Path | None, typer.Option(help="File to write all figures to.")] = None

    @property
    def key(self) -> str:
        """With the set; a quick version has a folder and tables of its own."""
        return f"reproduce-{self.data_set}" + ("-quick" if self.quick else "")
