"""The command `faceveil quantise`; it joins the command line by an entry point."""

import typer

from training.commands.command import command
from training.studies.quantise.options import QuantiseStudy


def _work(study: QuantiseStudy) -> None:
    from training.lab.progress import Stages
    from training.studies.quantise.run import quantise_bundle

    with Stages() as stages:
        folder = quantise_bundle(study, stages.report)
    typer.echo(f"Written: {folder}")


quantise = command(QuantiseStudy, _work)
