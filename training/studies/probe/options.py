"""What `faceveil probe` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from training.studies.study import Output, Study


@dataclass(frozen=True, kw_only=True)
class ProbeStudy(Study):
    """Measure how much an app can learn from what a model releases.

    Ten people said of each of FER2013's test images what they see in it (FER+). Ridge regression
    learns their votes from released vectors, and tells how much of them it explains (R^2), at each
    level of noise. Beside it stands what the codeword alone tells, where the model has some, what
    the probabilities tell, and the likeliest emotion. It trains no model and takes a minute.
    """

    NAME: ClassVar[str] = "probe"

    name: Annotated[str, typer.Argument(help="Name of an installed bundle.")]
    version: Annotated[str | None, typer.Option(help="Its version; without one, the newest.")] = (
        None
    )
    models: Annotated[Path, typer.Option(help="Folder of the bundles.")] = Path("models")
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of fer2013plus_test.npz, which has the votes. Without it: FACEVEIL_DATA."
        ),
    ] = None
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder beside which crops of faces are cached, in crops. Without it: one in runs."
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Of the halves, the noise and the intervals.")] = 0
    output: Output = None

    @property
    def key(self) -> str:
        """Names the study and the bundle."""
        return f"{self.NAME}-{self.name}"
