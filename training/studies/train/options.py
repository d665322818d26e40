"""What `faceveil train` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import typer

from faceveil.prior import PriorError, shares_of
from training.data.emotions import label_of
from training.data.record import DRAWN, EMOTIONS
from training.studies.study import FoldCount, Mixing, Reference, StartedStudy

INT8 = "-int8"
"""Ends the name of a bundle whose convolutions compute in 8-bit integers."""


@dataclass(frozen=True, kw_only=True)
class TrainStudy(StartedStudy):
    """Train a filter on labelled faces, judge it, and write a bundle.

    Algorithm 1 of Narula, Wang, Chaspari 2020 with stronger adversaries (see the preset's recipe
    in training/filter/algorithm.py). The filter is judged by cross-validation, against the
    attackers of the audit, and its card says what came out. Ctrl-C is safe: the same command
    continues, and loses a minute at most.

    It trains on a GPU where there is one. Several processes train together with
    torchrun --no-python --nproc-per-node 2 faceveil train ...
    """

    NAME: ClassVar[str] = "train"
    FIRST_TRY: ClassVar[dict[str, Any]] = {
        "name": DRAWN,
        "steps": 120,
        "pretraining_steps": 200,
        "folds": 3,
        "reference": False,
    }

    name: Annotated[str, typer.Option(help="Name of the bundle.")] = "faceveil"
    version: Annotated[str, typer.Option(help="Version of the bundle.")] = "1.0.0"
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data sets, or of your own faces (SUBJECT/EMOTION/NAME.jpg, as "
            "ada/happy/1.jpg; or manifest.csv with the columns image, subject, emotion, and as you "
            "like session, sex, age, origin); "
            "or the word drawn, for drawn faces and a first try in minutes. Without it: "
            "FACEVEIL_DATA."
        ),
    ] = None
    sets: Annotated[
        str | None,
        typer.Option(
            help="Sets to learn from, with commas: fer, jaffe, yale, frl, lfw, ckplus, ckplus48, "
            "kdef, ravdess, crema-d, ferg, animated, portraits, own. Without it: those of the "
            "first four that the folder holds, or else your own faces."
        ),
    ] = None
    models: Annotated[Path, typer.Option(help="Folder to write the bundle into.")] = Path("models")
    folds: FoldCount = 10
    mixing: Mixing = 0.5
    terms: Annotated[
        str | None,
        typer.Option(
            help="What the people in your own pictures agreed to, in a line for the card. It adds "
            "to the terms of the other sets and lifts none: if one of them is for research only, "
            "so is the model."
        ),
    ] = None
    emotions: Annotated[
        str | None,
        typer.Option(
            help="Emotions to read, with commas, if the sets show fewer than all seven: neutral, "
            "happiness, surprise, sadness, anger, disgust, fear."
        ),
    ] = None
    prior: Annotated[
        str | None,
        typer.Option(
            help="How often each emotion is met where the model is used, as neutral=0.6,"
            "happiness=0.4: its answers expect that. Without it: as often as the pictures show it. "
            "With --codewords only."
        ),
    ] = None
    reference: Reference = True
    int8: Annotated[
        bool,
        typer.Option(
            help="Write NAME-int8 too: a quarter of the size, twice as fast, and another model, "
            "which is judged anew."
        ),
    ] = False

    @classmethod
    def from_options(cls, **given: Any) -> Self:
        """The study with the options that were given.

        Raises:
            ValueError: if an emotion is unknown, fewer than two are to be read, or they are said to
                be met in shares that are none.
        """
        study = super().from_options(**given)
        if len(set(study.labels)) < max(2, len(study.labels)):
            raise ValueError("--emotions needs two or more different ones.")
        if study.expected is not None and not study.codewords:
            raise ValueError("--prior is written into the table of a model with --codewords.")
        return study

    @property
    def key(self) -> str:
        """Name and version of the bundle."""
        return f"{self.name}-{self.version}"

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions to be read, in the order of the filter's output.

        Raises:
            ValueError: if one is unknown.
        """
        if self.emotions is None:
            return EMOTIONS
        return tuple(label_of(word) for word in self.emotions.split(","))

    @property
    def expected(self) -> tuple[float, ...] | None:
        """The share in which each emotion is met, in the order of the filter's output, if said.

        Raises:
            ValueError: if that is no share of each.
        """
        if self.prior is None:
            return None
        try:
            shares = shares_of(self.prior)
        except PriorError as error:
            raise ValueError(f"--prior: {error}.") from None
        if shares.keys() != set(self.labels):
            raise ValueError(f"--prior: give each of {', '.join(self.labels)} a share.")
        return tuple(shares[label] / sum(shares.values()) for label in self.labels)

    @property
    def names(self) -> list[str]:
        """Of the bundles."""
        return [self.name, *([self.name + INT8] if self.int8 else [])]
