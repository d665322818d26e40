"""Options that several of training's commands have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Precision(StrEnum):
    """Arithmetic of the convolutions in training; see `training.filter.precision`."""

    AUTO = "auto"
    BFLOAT16 = "bfloat16"
    FLOAT32 = "float32"

    @property
    def is_mixed(self) -> bool:
        """Whether convolutions compute in bfloat16, and all else in float32."""
        return self == Precision.BFLOAT16


SetsWithFer = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder of the data sets, FER2013 with FER+ votes among them. "
        "Without it: FACEVEIL_DATA.",
    ),
]

Teacher = Annotated[
    bool,
    typer.Option(
        help="Whether a face recogniser tells what is to be hidden in faces without names, "
        "and in the others too. Needs the extra teacher, and minutes a thousand faces once."
    ),
]

Mixing = Annotated[
    float,
    typer.Option(
        help="A set's share of what is learned from grows with its size to this power: at 0 all "
        "sets get the same, which serves the people of small ones; at 1 a hundred times the "
        "images get a hundred times as much, which serves strangers where those are in the wild.",
        min=0,
        max=1,
    ),
]

PrecisionChoice = Annotated[
    Precision,
    typer.Option(
        "--precision",
        help="Arithmetic of the convolutions in training: auto times two steps each way, says "
        "which was faster, and takes it for the whole run. A run that goes on keeps its own.",
    ),
]
