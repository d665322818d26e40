"""What `faceveil verifier` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from training.studies.study import Output, Study


@dataclass(frozen=True, kw_only=True)
class VerifierStudy(Study):
    """Measure how well two vectors tell one person from two.

    A verifier learns on half of the people of a set, and is tested on the others: from what a model
    releases, at each level, and from what its network computes before its bottleneck, which is
    undefended and never leaves the model. It is written beside the model's graph as verifier.json,
    for the page's comparison of two pictures in the browser. It trains no model and takes a minute.
    """

    NAME: ClassVar[str] = "verifier"

    name: Annotated[str, typer.Argument(help="Name of an installed bundle.")]
    version: Annotated[str | None, typer.Option(help="Its version; without one, the newest.")] = (
        None
    )
    people: Annotated[
        str, typer.Option(help="Set of named people, of whom the model has learned nothing.")
    ] = "lfw"
    models: Annotated[Path, typer.Option(help="Folder of the bundles.")] = Path("models")
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder beside which crops of faces are cached, in crops. Without it: one in runs."
        ),
    ] = None
    seed: Annotated[
        int, typer.Option(help="Of the halves, the noise, the pairs and the intervals.")
    ] = 0
    output: Output = None

    @property
    def key(self) -> str:
        """Names the study and the bundle."""
        return f"{self.NAME}-{self.name}"
