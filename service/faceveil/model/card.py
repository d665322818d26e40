"""The model card: what a bundle holds, was trained on, was measured to do, and is for.

It is the contract between training, which writes it, and the service, which trusts nothing else.
Kept as `card.json` beside `model.onnx`.
"""

from datetime import date
from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator

from faceveil.guarantee import Guarantee
from faceveil.prior import PriorChoice, refuse_unfit
from faceveil.rate import Estimate, Rate
from faceveil.vision.align import CropGeometry

NAME = r"^[a-z][a-z0-9-]{0,63}$"
VERSION = r"^\d+\.\d+\.\d+$"
_OTHER = r"^[a-z][a-z0-9-]{0,63}/\d+\.\d+\.\d+$"

LEAST_SIGMA = 0.01
"""Of a level; less noise than a hundredth of what is released is none."""


OUTPUTS = ("embedding", "emotion", "expression")
"""Of a graph; the last one where its card tells of an expression."""


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
        ge=LEAST_SIGMA,
        allow_inf_nan=False,
        description="Standard deviation of the noise; a dimension has unit variance.",
    )
    summary: str = Field(description="What it is for, in a sentence.")


class DataSource(_CardPart):
    """A data set that the model learned from."""

    name: str = Field(description="Name of the set.")
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
    bound: float | None = Field(
        None,
        ge=0,
        le=1,
        exclude_if=lambda bound: bound is None,
        description="Proved: by expectation nobody names more of these probes; absent where "
        "nothing is proved, and on older cards.",
    )
    seed: int

    @property
    def is_above_bound(self) -> bool:
        """Whether the interval lies above what is proved: then something is broken."""
        return self.bound is not None and self.rate.low > self.bound


class Kind(_CardPart):
    """How well emotions are read in pictures of one kind."""

    by: Literal["emotion", "sex", "age", "origin"] = Field(
        description="What they have in common: the emotion that they show, or what the set states "
        "of the person."
    )
    name: str = Field(description="As in 'anger' or 'female'.")
    recall: Rate = Field(description="Of these pictures, those whose emotion is read rightly.")
    precision: Rate | None = Field(
        None,
        description="Of the pictures in which this emotion is read, those that show it; none where "
        "it is never read, or the kind is no emotion.",
    )


class Breakdown(_CardPart):
    """How well emotions are read in each kind of pictures of one set, at one level."""

    data: str = Field(description="Set that was measured on.")
    protocol: str = Field(description="How, as in '10-fold cross-validation'.")
    level: str = Field(description="Privacy level.")
    prior: PriorChoice = Field(
        description="Whether answers expect emotions as often as training met them, or each as "
        "often."
    )
    mean_recall: Estimate = Field(
        description="Mean of the recalls of the emotions that the set shows; its interval is made "
        "up of theirs."
    )
    kinds: list[Kind]
    seed: int


class Probe(_CardPart):
    """How much of what voters saw a linear model can learn from what is released."""

    data: str = Field(description="Set whose pictures voters saw.")
    protocol: str = Field(description="How it was learned and tested.")
    level: str = Field(description="Privacy level.")
    features: str = Field(description="What it was learned from, as in 'the released vector'.")
    r2: Estimate = Field(
        description="Coefficient of determination about each column's mean, weighted by the "
        "columns' variance; its interval is by resampling pictures."
    )
    r2_about_zero: Estimate = Field(
        description="The same about zero: one less the squared errors' share of the squares."
    )
    images: int = Field(gt=0)
    seed: int


class Move(_CardPart):
    """How well one value of the expression is told, beside what the emotion's label would tell.

    Pearson's correlation with the truth is 0 where one value is told of all faces.
    """

    name: str = Field(description="valence, arousal, or an action unit, as in 'AU12'.")
    correlation: Estimate = Field(description="Of what is told with the truth.")
    error: Estimate = Field(description="Mean absolute error.")
    label_correlation: Estimate = Field(
        description="The same where the mean of the emotion that is read is told."
    )
    label_error: Estimate


class ExpressionResult(_CardPart):
    """How well the expression is told of one set, at one level."""

    data: str = Field(description="Set that was measured on.")
    protocol: str = Field(description="How, as in 'people unknown to the filter'.")
    level: str = Field(description="Privacy level.")
    images: int = Field(gt=0)
    people: int = Field(gt=0, description="Intervals are by resampling them.")
    moves: list[Move]
    seed: int


class ExpressionTold(_CardPart):
    """What the graph tells of a face beyond its emotion.

    Valence and arousal, -1 to 1, and the strengths of action units, 0 to 1, in this order.
    """

    action_units: list[int] = Field(
        min_length=1, description="Their numbers in the Facial Action Coding System."
    )
    summary: str = Field(description="Where the values come from, and what they are not.")
    results: list[ExpressionResult] = Field(description="How well they are told.")

    @property
    def values(self) -> int:
        """How many values are told of a face."""
        return 2 + len(self.action_units)


class ExpectedAnswer(_CardPart):
    """What the graph computes of one crop, which shows no real face."""

    crop: Base64Bytes = Field(
        max_length=512 * 512, description="Its grey levels, row by row, a byte each."
    )
    embedding: list[float] = Field(description="Without noise.")
    emotion: list[float] = Field(description="Read in that embedding.")
    expression: list[float] | None = Field(
        None,
        exclude_if=lambda told: told is None,
        description="Read in it too; absent where the graph tells none.",
    )


class Checks(_CardPart):
    """What the graph must answer on every processor that it is to serve on.

    Computed without the runtime's optimisations, so that no processor's own arithmetic is in it.
    """

    tolerance: float = Field(
        gt=0, lt=1, description="Largest difference of a value that is let pass."
    )
    answers: list[ExpectedAnswer] = Field(min_length=2, max_length=16)


FOR_RESEARCH = "non-commercial research"
"""Begins the terms of a model that learned from pictures for research only."""


class Card(_CardPart):
    """The whole card."""

    schema_version: Literal[1] = 1
    name: str = Field(pattern=NAME, description="Name of the model.")
    version: str = Field(pattern=VERSION, description="Version of the model.")
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
        pattern=_OTHER,
        description="Name and version of another model that embeds nearly alike, whose noise this "
        "one releases; with noise of their own, the two would average.",
    )
    quantised_from: str | None = Field(
        None,
        pattern=_OTHER,
        exclude_if=lambda twin: twin is None,
        description="Name and version of the model in float32 of which this one is the form in "
        "8-bit integers; absent where it is none, and on older cards.",
    )
    guarantee: Guarantee | None = Field(
        None, description="What is proved of it against everybody; none for models without."
    )
    prior: dict[str, float] | None = Field(
        None,
        description="The share of each emotion that its answers expect; older cards do not say.",
    )
    expression: ExpressionTold | None = Field(
        None,
        exclude_if=lambda told: told is None,
        description="Valence, arousal and action units that it tells; absent where it tells none, "
        "and on older cards.",
    )
    training: Training
    checks: Checks | None = Field(
        None, description="Answers that are compared at each start; older cards have none."
    )
    results: list[Result]
    breakdowns: list[Breakdown] = Field(
        [], description="Emotions read, by emotion, sex, age and origin; older cards have none."
    )
    probes: list[Probe] = Field(
        [], description="What an app can learn from what is released; older cards have none."
    )
    notes: list[str] = Field(
        [], description="Where figures come from, and what an earlier version did otherwise."
    )
    audit: str = Field(description="What the results say about re-identification, in words.")
    intended_uses: list[str]
    out_of_scope_uses: list[str]

    @property
    def for_research_only(self) -> bool:
        """Whether its terms allow non-commercial research and nothing else."""
        return self.terms.startswith(FOR_RESEARCH)

    @property
    def outputs(self) -> dict[str, int]:
        """What its graph answers of a face: names and how many values each has."""
        values = [self.dimension, len(self.labels)]
        if self.expression is not None:
            values.append(self.expression.values)
        return dict(zip(OUTPUTS, values, strict=False))

    @model_validator(mode="after")
    def _default_level_exists(self) -> "Card":
        if self.default_level not in self.levels:
            raise ValueError(f"default_level {self.default_level!r} is not among the levels")
        return self

    @model_validator(mode="after")
    def _guarantee_is_of_its_levels(self) -> "Card":
        if self.guarantee is not None:
            if self.guarantee.dimension != self.dimension:
                raise ValueError("the guarantee's codewords are of another length than the card's")
            self.guarantee.check({name: level.sigma for name, level in self.levels.items()})
        return self

    @model_validator(mode="after")
    def _prior_is_of_its_labels(self) -> "Card":
        if self.prior is not None:
            if self.prior.keys() != set(self.labels):
                raise ValueError("the prior has shares of other emotions than the labels")
            refuse_unfit(self.prior, 0.001)
        return self

    @model_validator(mode="after")
    def _checks_are_of_its_shapes(self) -> "Card":
        expected = {name: self.outputs.get(name, 0) for name in OUTPUTS}
        for answer in self.checks.answers if self.checks else []:
            told = {name: len(getattr(answer, name) or ()) for name in OUTPUTS}
            if len(answer.crop) != self.crop.width * self.crop.height or told != expected:
                raise ValueError("checks hold a crop or an answer of another size than the card's")
        return self
