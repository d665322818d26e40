"""The command `faceveil train`; it joins the command line of the service by an entry point."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands.ending import ending_in_sentences
from training.commands.options import Mixing, Precision, PrecisionChoice, Teacher


def train(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data sets, or of your own faces (SUBJECT/EMOTION/NAME.jpg, as "
            "ada/happy/1.jpg; or manifest.csv with the columns image, subject, emotion, session); "
            "or the word drawn, for drawn faces and a first try in minutes. Without it: "
            "FACEVEIL_DATA."
        ),
    ] = None,
    sets: Annotated[
        str | None,
        typer.Option(
            help="Sets to learn from, with commas: fer, jaffe, yale, frl, lfw, ckplus, ckplus48, "
            "kdef, ravdess, crema-d, ferg, own. Without it: those of the first four that the "
            "folder holds, or else your own faces."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the bundle: faceveil; with drawn faces: drawn.")
    ] = None,
    version: Annotated[str, typer.Option(help="Version of the bundle.")] = "1.0.0",
    models: Annotated[Path, typer.Option(help="Folder that the bundle is written into.")] = Path(
        "models"
    ),
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder of what the run keeps; a run that was cut short goes on from it. "
            "Without it: runs/NAME-VERSION. Crops of faces are kept beside it, in runs/crops."
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Updates of the filter a fold: 400; drawn: 120.", min=1)
    ] = None,
    pretraining_steps: Annotated[
        int, typer.Option(help="Updates on faces without names, before the folds.", min=1)
    ] = 4000,
    folds: Annotated[
        int | None, typer.Option(help="Folds of the cross-validation: 10; drawn: 3.", min=2)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    reference: Annotated[
        bool | None,
        typer.Option(
            help="Whether to train and attack an undefended embedding too, which doubles the "
            "time: yes; drawn: no."
        ),
    ] = None,
    emotions: Annotated[
        str | None,
        typer.Option(
            help="Emotions to read, with commas, where the sets show fewer than all seven: "
            "neutral, happiness, surprise, sadness, anger, disgust, fear."
        ),
    ] = None,
    mixing: Mixing = 0.5,
    teacher: Teacher = False,
    int8: Annotated[
        bool,
        typer.Option(
            help="Whether to write NAME-int8 too: a quarter of the size, twice as fast, and "
            "another model, which is judged anew."
        ),
    ] = False,
    precision: PrecisionChoice = Precision.AUTO,
    terms: Annotated[
        str | None,
        typer.Option(
            help="What the people in your own pictures agreed to, in a line for the card. It adds "
            "to the terms of other sets that are learned from and lifts none: with research-only "
            "images among them, the model stays for research."
        ),
    ] = None,
) -> None:
    """Train a filter on labelled faces, judge it, and write a bundle.

    Algorithm 1 of Narula, Wang, Chaspari 2020 with stronger adversaries (see the preset's recipe
    in training/algorithm.py). The filter is judged by cross-validation, against the attackers of
    the audit, and its card says what came out. Ctrl-C is safe: the same command goes on, at most
    a minute before where it was stopped.

    It trains on a GPU where there is one. Several processes train together with
    torchrun --no-python --nproc-per-node 2 faceveil train ...
    """
    with ending_in_sentences():
        from training.data.emotions import label_of
        from training.data.record import EMOTIONS
        from training.data.sets import DRAWN
        from training.studies.make import Request, make_bundles

        first_try = data == Path(DRAWN)
        labels = tuple(label_of(word) for word in emotions.split(",")) if emotions else EMOTIONS
        if len(set(labels)) < max(2, len(labels)):
            raise ValueError("--emotions needs two or more different ones.")
        name = name or (DRAWN if first_try else "faceveil")
        make_bundles(
            Request(
                data=data,
                sets=tuple(sets.split(",")) if sets else None,
                name=name,
                version=version,
                models=models,
                run=run or Path("runs") / f"{name}-{version}",
                steps=steps or (120 if first_try else 400),
                pretraining_steps=pretraining_steps,
                folds=folds or (3 if first_try else 10),
                seed=seed,
                reference=not first_try if reference is None else reference,
                labels=labels,
                mixing=mixing,
                teacher=teacher,
                int8=int8,
                precision=precision,
                terms=terms,
            )
        )
