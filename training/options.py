"""Options that several of training's commands have."""

from pathlib import Path
from typing import Annotated

import typer

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
        help="A set's share of what is learned from grows with its size to this power: at 0 each "
        "set gets as much, which serves the people of small sets; at 1 each image, which serves "
        "strangers.",
        min=0,
        max=1,
    ),
]
