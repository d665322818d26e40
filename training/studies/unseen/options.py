"""What `faceveil unseen` is asked for."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from training.studies.study import Mixing, Output, Reference, StartedStudy


@dataclass(frozen=True, kw_only=True)
class UnseenStudy(StartedStudy):
    """Leave out each set in turn, and judge on its people.

    The filter has never seen these people. It is judged by emotion, rank-1, rank-1 of an attacker
    who draws the face from the embedding, and equal error rate, at each level, beside an undefended
    filter of the same size and data unless that is left out; then on LFW and FER2013's test images,
    which no filter learns from. Ctrl-C is safe: the same command continues, and loses a minute at
    most.
    """

    NAME: ClassVar[str] = "unseen"

    sets: Annotated[str, typer.Option(help="Sets to leave out in turn, with commas.")] = (
        "jaffe,yale,frl"
    )
    mixing: Mixing = 0.5
    reference: Reference = True
    output: Output = None
