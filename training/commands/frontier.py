"""The command `faceveil frontier`; it joins the command line by an entry point."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands.ending import ending_in_sentences
from training.commands.options import Precision, PrecisionChoice, SetsWithFer, Teacher
from training.commands.reproduce import DataSet


def frontier(
    data_set: Annotated[
        DataSet, typer.Argument(metavar="SET", help="Which of the paper's sets: jaffe or yale.")
    ],
    data: SetsWithFer = None,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the trained filters; a run that was cut short goes on from it. "
            "Without it: runs/frontier-SET. Crops of faces are kept beside it, in runs/crops."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds on which the preset is reported.", min=2)] = 10,
    steps: Annotated[int, typer.Option(help="Updates of each filter.", min=1)] = 400,
    pretraining_steps: Annotated[
        int, typer.Option(help="Updates on faces without names, once for all filters.", min=1)
    ] = 4000,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    seeds: Annotated[
        int,
        typer.Option(
            help="How often the preset is trained on all folds, by seeds a thousand apart.", min=1
        ),
    ] = 1,
    teacher: Teacher = False,
    precision: PrecisionChoice = Precision.AUTO,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Markdown file to put the table into, between marks of its own; the picture is "
            "written beside it, as frontier-SET.svg."
        ),
    ] = None,
) -> None:
    """Show how much of the mood can be kept for how little of the person, and what each part does.

    The preset after a start on faces without names, on all folds, at each level of noise, beside an
    undefended filter, features made by hand and pictures made worse; and variants of it, with a
    part less or another, on an inner split. Ctrl-C is safe: the same command goes on, at most a
    minute before where it was stopped.
    """
    with ending_in_sentences():
        from faceveil.outputs import must_be_writable
        from training.bundle.picture import draw
        from training.lab.markdown import put_into, refuse_unputtable
        from training.lab.progress import Stages
        from training.studies.frontier.report import panels, readable
        from training.studies.frontier.run import Request
        from training.studies.frontier.run import frontier as tried

        name = f"frontier-{data_set}"
        request = Request(
            data_set=data_set.value,
            data=data,
            run=run or Path("runs") / name,
            folds=folds,
            steps=steps,
            pretraining_steps=pretraining_steps,
            seed=seed,
            teacher=teacher,
            seeds=seeds,
            precision=precision,
        )
        if output:
            refuse_unputtable(output, name)
            must_be_writable(output, output.with_name(f"{name}.svg"), make_folders=True)
        with Stages() as stages:
            found = tried(request, stages.report)
        text = readable(found, f"{name}.svg")
        if output:
            put_into(output, name, text)
            output.with_name(f"{name}.svg").write_text(
                draw(panels(found, data_set.value)), encoding="utf-8"
            )
        typer.echo(text)
