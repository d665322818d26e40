"""The command `faceveil quantise`; it joins the command line by an entry point."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands.ending import ending_in_sentences


def quantise(
    name: Annotated[str, typer.Argument(help="Name of an installed bundle in float32.")],
    version: Annotated[str, typer.Option(help="Version of the int8 bundle.")],
    of: Annotated[
        str | None, typer.Option(help="Version of the float32 bundle; without one, the newest.")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder that its training kept its folds' filters in. Without it: "
            "runs/NAME-VERSION. Crops of faces are kept beside it."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data sets, or the word drawn, as for train. Without it: "
            "FACEVEIL_DATA."
        ),
    ] = None,
    models: Annotated[Path, typer.Option(help="Folder of the bundles.")] = Path("models"),
    note: Annotated[
        list[str] | None,
        typer.Option(
            help="A sentence for the card, as what an earlier version did; may be given again."
        ),
    ] = None,
) -> None:
    """Write the form in 8-bit integers of an installed bundle, judged anew.

    NAME-int8 is a quarter of the size, takes half the time, and releases its twin's noise. It is
    another model with other embeddings, so it is attacked as its twin was: by cross-validation,
    with the filters that the training kept of its folds, and on what was held out of training.
    `faceveil train --int8` does the same at once.
    """
    with ending_in_sentences():
        from training.bundle.twin import Request, make_int8
        from training.lab.progress import Stages

        request = Request(name, of, version, run, models, data, tuple(note or ()))
        with Stages() as stages:
            folder = make_int8(request, stages.report)
        typer.echo(f"Written: {folder}")
