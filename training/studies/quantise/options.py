"""What `faceveil quantise` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from training.studies.study import Study


@dataclass(frozen=True, kw_only=True)
class QuantiseStudy(Study):
    """Make and judge an 8-bit form of an installed model.

    NAME-int8 is a quarter of the size, takes half the time, and adds the same noise. It is another
    model with other embeddings, so it is attacked as the original was: by cross-validation, with
    the filters of its folds that its training left in --run, and on what was held out of training.
    `faceveil train --int8` does the same at once.
    """

    NAME: ClassVar[str] = "quantise"
    ASIDE: ClassVar[tuple[str, ...]] = ("note",)

    name: Annotated[str, typer.Argument(help="Name of an installed bundle in float32.")]
    of: Annotated[
        str | None, typer.Option(help="Version of the float32 bundle; without one, the newest.")
    ] = None
    version: Annotated[str, typer.Option(help="Version of the int8 bundle.")]
    run: Annotated[
        Path | None,
        typer.Option(
            help="Run folder of its training, with the filters of its folds. Without it: "
            "runs/NAME-VERSION. Crops of faces are cached beside it, in crops."
        ),
    ] = None
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data sets, or the word drawn, as for train. Without it: "
            "FACEVEIL_DATA."
        ),
    ] = None
    models: Annotated[Path, typer.Option(help="Folder of the bundles.")] = Path("models")
    note: Annotated[
        list[str] | None,
        typer.Option(help="A sentence for the card; repeat for several."),
    ] = None

    @property
    def key(self) -> str:
        """Name and version of the float32 bundle: the folder is that of its training."""
        return f"{self.name}-{self.of}"
