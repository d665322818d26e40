"""The model card: what a bundle holds, was trained on, was measured to do, and is for.

It is the contract between training, which writes it, and the service, which trusts nothing else.
Kept as `card.json` beside `model.onnx`.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.rate import Rate
from service.vision.align import CropGeometry

NAME = r"^[a-z][a-z0-9-]{0,63}$"
VERSION = r"^\d+\.\d+\.\d+$"


class _CardPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Graph(_CardPart):
    """The ONNX file, and how to know it."""

    file: str = Field("model.onnx", pattern=r"^[\w.-]+$", description="Name beside the card.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Digest of its bytes.")
    bytes: int = Field(gt=0, description="Its size.")
    opset: int = Field(gt=0, description="ONNX operator set.")


class Level(_CardPart):
    """A privacy level: how much noise is released with the embedding."""

    sigma: float = Field(
        ge=0, description="Standard deviation of the noise; a dimension has unit variance."
    )
    summary: str = Field(description="What it is for, in a sentence.")


class DataSource(_CardPart):
    """A data set that the model learned from."""

    name: str
    images: int = Field(gt=0)
    subjects: int | None = Field(None, description="People in it; none where they are not told.")
    taught: list[Literal["emotion", "identity"]] = Field(description="What its labels taught.")
    terms: str = Field(description="Under which terms its publisher gives it.")
    citation: str


class Training(_CardPart):
    """How the model came to be."""

    command: str = Field(description="What makes it again.")
    preset: str
    seed: int
    data: list[DataSource]
    parameters: int = Field(gt=0, description="Trained values in the released graph.")


class Result(_CardPart):
    """One measured figure: a system, on a set, under a protocol."""

    data: str = Field(description="Set that was measured on.")
    protocol: str = Field(description="How, as in '10-fold cross-validation'.")
    level: str = Field(description="Privacy level, or 'undefended'.")
    task: Literal["emotion", "identity"]
    system: str = Field(description="The attacker for identity, the classifier for emotion.")
    rate: Rate
    chance: float = Field(ge=0, le=1, description="What guessing scores.")
    seed: int


class Card(_CardPart):
    """The whole card."""

    schema_version: Literal[1] = 1
    name: str = Field(pattern=NAME)
    version: str = Field(pattern=VERSION)
    created: date
    summary: str
    terms: str = Field(description="What the model may be used for, given its training data.")
    labels: list[str] = Field(min_length=2, description="Emotions, in the graph's order.")
    dimension: int = Field(gt=0, le=1024, description="D, values of an embedding.")
    crop: CropGeometry
    graph: Graph
    levels: dict[str, Level] = Field(min_length=1)
    default_level: str
    noise_of: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9-]{0,63}/\d+\.\d+\.\d+$",
        description="Name and version of another model that embeds nearly alike, whose noise this "
        "one releases; with noise of their own, the two would average.",
    )
    training: Training
    results: list[Result]
    audit: str = Field(description="What the results say about re-identification, in words.")
    intended_uses: list[str]
    out_of_scope_uses: list[str]

    @model_validator(mode="after")
    def _default_level_exists(self) -> "Card":
        if self.default_level not in self.levels:
            raise ValueError(f"default_level {self.default_level!r} is not among the levels")
        return self
