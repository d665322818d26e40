"""The command `faceveil reproduce`; it joins the command line by an entry point."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from training.commands.ending import ending_in_sentences
from training.commands.options import Precision, PrecisionChoice


class DataSet(StrEnum):
    """The paper's sets."""

    JAFFE = "jaffe"
    YALE = "yale"


def reproduce(
    data_set: Annotated[
        DataSet, typer.Argument(metavar="SET", help="Which of the paper's sets: jaffe or yale.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that holds the folder jaffe or yale, as its publisher lays it out. "
            "Without it: FACEVEIL_DATA."
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder of what the run keeps: a line in cells.jsonl for each system on each "
            "fold. A run that was cut short goes on from it. Without it: runs/reproduce-SET. "
            "Crops of faces are kept beside it, in runs/crops."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.", min=2)] = 10,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    quick: Annotated[
        bool,
        typer.Option(
            help="Minutes instead of most of an hour: fewer folds tested, iterations, images and "
            "attackers. The table says what was cut."
        ),
    ] = False,
    systems: Annotated[
        str | None,
        typer.Option(
            help="Systems to run, with commas, as in Emotion,Hybrid,strong; an unknown name lists "
            "them. The table holds all that the run's folder holds. Without it: all."
        ),
    ] = None,
    precision: PrecisionChoice = Precision.AUTO,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Markdown file to put the tables into, between marks of their own; what else the "
            "file holds stays."
        ),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="File to write all figures to.")] = None,
) -> None:
    """Run the paper's experiment again, and print its table and ours side by side.

    Narula, Wang, Chaspari 2020 (arXiv 2001.06103): the systems Face, Emotion, Emotion2Face, Hybrid
    (Algorithm 1), Hybrid2Emotion and Hybrid2Face on the same folds. Beside the paper's own attacker
    stand those of the audit, on what its bases and the preset strong release; then HOG, Gabor and
    eigenface features, degraded pictures, and checks that must come out at certainty and at chance.

    Ctrl-C is safe: finished folds are kept, and the same command goes on from them.
    """
    with ending_in_sentences():
        from faceveil.outputs import must_be_writable
        from training.lab.markdown import put_into, refuse_unputtable
        from training.lab.progress import Stages
        from training.studies.reproduction import run as reproduction
        from training.studies.reproduction.report import readable

        name = f"reproduce-{data_set}" + ("-quick" if quick else "")
        request = reproduction.Request(
            data_set=data_set.value,
            data=data,
            run=run or Path("runs") / name,
            folds=folds,
            seed=seed,
            quick=quick,
            systems=tuple(systems.split(",")) if systems else None,
            precision=precision,
        )
        if output:
            refuse_unputtable(output, name)
        must_be_writable(output, json, make_folders=True)
        with Stages() as stages:
            result = reproduction.reproduce(request, stages.report)
        text = readable(result)
        if output:
            put_into(output, name, text)
        if json:
            json.parent.mkdir(parents=True, exist_ok=True)
            json.write_text(result.model_dump_json(indent=2) + "\n", encoding="utf-8")
        typer.echo(text)
