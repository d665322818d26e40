"""What is answered about the models: each in short."""

from typing import Any

from pydantic import BaseModel, Field

from faceveil.guarantee import Bounds
from faceveil.model.card import Card, Level, Result
from faceveil.model.privacy import MEASURED, is_proved, privacy_of
from faceveil.prior import PriorName
from faceveil.rate import Rate


class Headline(BaseModel):
    """What was measured on one set, at the model's default level."""

    data: str = Field(description="Set that was measured on.")
    protocol: str = Field(description="How, as in '10-fold cross-validation'.")
    emotion: Rate | None = Field(None, description="How many emotions were read rightly.")
    identity: Rate | None = Field(
        None, description="How many people the best attacker named rightly."
    )
    attacker: str | None = Field(None, description="Who that attacker was.")
    chance: float | None = Field(None, description="What guessing who it is scores.")
    bound: float | None = Field(
        None,
        description="Proved: by expectation nobody names more of these probes; null where nothing "
        "is proved.",
    )


class Privacy(BaseModel):
    """Whether a model's privacy is proved, or measured only."""

    proved: bool = Field(
        description="Whether a bound on recognition is proved, and no attack of the card lies "
        "above it; otherwise privacy is measured only."
    )
    summary: str = Field(description="The same in words.")
    levels: dict[str, Bounds] = Field(
        description="What is proved at each level; empty where nothing is."
    )


class ModelSummary(BaseModel):
    """A model in short."""

    name: str = Field(description="Name of the model.")
    version: str = Field(description="Version of the model.")
    summary: str = Field(description="What it is, in a sentence.")
    terms: str = Field(description="What it may be used for, given its training data.")
    labels: list[str] = Field(description="Emotions that it reads.")
    dimension: int = Field(description="D, values of an embedding.")
    levels: dict[str, Level]
    default_level: str
    prior: dict[str, float] | None = Field(
        None,
        description="The share of each emotion that its answers expect; older cards do not say, "
        "and their models answer by the prior wild only.",
    )
    privacy: Privacy
    headlines: list[Headline] = Field(description="Figures at the default level, a set each.")
    card: str = Field(description="Path of the whole card: every figure, every attacker, its uses.")


class ModelList(BaseModel):
    """The installed models."""

    default: str = Field(description="The model that requests are answered with.")
    prior: PriorName = Field(description="By which they are answered unless they name another.")
    shares: dict[str, float] | None = Field(
        description="The share of each emotion that it expects; null for wild, where the card of "
        "the model does not say."
    )
    models: list[ModelSummary]


def summary_of(card: Card, prefix: str) -> ModelSummary:
    """A model in short.

    Args:
        card: its whole card.
        prefix: of the path at which that is.
    """
    return ModelSummary(
        **card.model_dump(include=set(ModelSummary.model_fields)),
        privacy=Privacy(
            proved=is_proved(card),
            summary=privacy_of(card),
            levels=card.guarantee.levels if card.guarantee else {},
        ),
        headlines=_headlines(card),
        card=f"{prefix}/{card.name}/{card.version}",
    )


def _headlines(card: Card) -> list[Headline]:
    sets: dict[tuple[str, str], list[Result]] = {}
    for result in card.results:
        if result.level == card.default_level:
            sets.setdefault((result.data, result.protocol), []).append(result)
    return [_headline(results) for results in sets.values()]


def _headline(results: list[Result]) -> Headline:
    """What results on one set, by one protocol and at one level, come to."""
    first = results[0]
    emotions = [result.rate for result in results if result.task == "emotion"]
    attacks = [result for result in results if result.task == "identity"]
    worst = max(attacks, key=lambda attack: attack.rate.rate, default=None)
    return Headline(
        data=first.data,
        protocol=first.protocol,
        emotion=emotions[0] if emotions else None,
        identity=worst and worst.rate,
        attacker=worst and worst.system,
        chance=worst and worst.chance,
        bound=worst and worst.bound,
    )


EXAMPLE_CARD: dict[str, Any] = {
    "schema_version": 1,
    "name": "faceveil",
    "version": "1.0.0",
    "created": "2026-01-31",
    "summary": "Emotion and a 16-value embedding of an aligned grey face.",
    "terms": "Non-commercial research: it learned from research-only images.",
    "labels": ["neutral", "happiness"],
    "dimension": 16,
    "crop": {"width": 48, "height": 48, "left_eye": [0.3, 0.35], "right_eye": [0.7, 0.35]},
    "graph": {"file": "model.onnx", "sha256": "0" * 64, "bytes": 694984, "opset": 18},
    "levels": {"balanced": {"sigma": 0.5, "summary": "For most uses."}},
    "default_level": "balanced",
    "prior": {"neutral": 0.6, "happiness": 0.4},
    "training": {
        "command": "faceveil train",
        "preset": "default",
        "seed": 0,
        "data": [
            {
                "name": "A set",
                "images": 213,
                "subjects": 10,
                "taught": ["emotion", "identity"],
                "terms": "Research only.",
                "citation": "Where it is described.",
            }
        ],
        "parameters": 170000,
    },
    "results": [
        {
            "data": "A set",
            "protocol": "10-fold cross-validation",
            "level": "balanced",
            "task": "identity",
            "system": "logistic",
            "rate": {
                "rate": 0.12,
                "low": 0.08,
                "high": 0.17,
                "correct": 25,
                "total": 213,
                "level": 0.95,
            },
            "chance": 0.1,
            "seed": 0,
        }
    ],
    "audit": "What the attackers of the results could tell, in words.",
    "intended_uses": ["Research on emotion in faces."],
    "out_of_scope_uses": ["Deciding about people."],
}

EXAMPLE_SUMMARY: dict[str, Any] = {
    **{
        name: EXAMPLE_CARD[name]
        for name in (
            "name",
            "version",
            "summary",
            "terms",
            "labels",
            "dimension",
            "levels",
            "prior",
        )
    },
    "default_level": "balanced",
    "privacy": {"proved": False, "summary": MEASURED, "levels": {}},
    "headlines": [
        {
            "data": "A set",
            "protocol": "10-fold cross-validation",
            "emotion": None,
            "identity": EXAMPLE_CARD["results"][0]["rate"],
            "attacker": "logistic",
            "chance": 0.1,
            "bound": None,
        }
    ],
    "card": "/v1/models/faceveil/1.0.0",
}
