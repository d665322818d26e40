"""What `faceveil unseen` is asked for."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from training.studies.study import Mixing, Output, StartedStudy


@dataclass(frozen=True, kw_only=True)
class UnseenStudy(StartedStudy):
    """Train without one set, for each set in turn, and judge the filter on people it never saw.

    Emotion, rank-1, that of one who draws the face from the embedding, and equal error rate at each
    level, beside an undefended filter of the same size and data; then LFW and FER2013's test
    images, which no filter learns from. Ctrl-C is safe: the same command goes on, at most a minute
    before where it was stopped.
    """

    NAME: ClassVar[str] = "unseen"

    sets: Annotated[str, typer.Option(help="Sets to leave out in turn, with commas.")] = (
        "jaffe,yale,frl"
    )
    mixing: Mixing = 0.5
    output: Output = None
