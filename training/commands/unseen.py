"""The command `faceveil unseen`; it joins the command line by an entry point."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands.ending import ending_in_sentences
from training.commands.options import Mixing, Precision, PrecisionChoice, SetsWithFer, Teacher


def unseen(
    data: SetsWithFer = None,
    sets: Annotated[
        str, typer.Option(help="Sets to leave out in turn, with commas.")
    ] = "jaffe,yale,frl",
    run: Annotated[
        Path,
        typer.Option(
            help="Folder of the trained filters; a run that was cut short goes on from it. Crops "
            "of faces are kept beside it, in crops."
        ),
    ] = Path("runs/unseen"),
    steps: Annotated[int, typer.Option(help="Updates of each filter.", min=1)] = 400,
    pretraining_steps: Annotated[
        int, typer.Option(help="Updates on faces without names, once for all filters.", min=1)
    ] = 4000,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    mixing: Mixing = 0.5,
    teacher: Teacher = False,
    precision: PrecisionChoice = Precision.AUTO,
    output: Annotated[
        Path | None,
        typer.Option(help="Markdown file to put the tables into, between marks of their own."),
    ] = None,
) -> None:
    """Train without one set, for each set in turn, and judge the filter on people it never saw.

    Emotion, rank-1, that of one who draws the face from the embedding, and equal error rate at each
    level, beside an undefended filter of the same size and data; then LFW and FER2013's test
    images, which no filter learns from. Ctrl-C is safe: the same command goes on, at most a minute
    before where it was stopped.
    """
    with ending_in_sentences():
        from faceveil.outputs import must_be_writable
        from training.lab.markdown import put_into, refuse_unputtable
        from training.lab.progress import Stages
        from training.studies.unseen.report import readable
        from training.studies.unseen.run import Request
        from training.studies.unseen.run import unseen as judged

        request = Request(
            data,
            tuple(sets.split(",")),
            run,
            steps,
            pretraining_steps,
            seed,
            teacher,
            mixing,
            precision,
        )
        if output:
            refuse_unputtable(output, "unseen")
            must_be_writable(output, make_folders=True)
        with Stages() as stages:
            text = readable(judged(request, stages.report))
        if output:
            put_into(output, "unseen", text)
        typer.echo(text)
