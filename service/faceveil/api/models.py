"""`/v1/models`: the models that this server loaded: in short, and each with its whole card."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from faceveil.api.compression import CompressedRoute
from faceveil.api.deps import AnyoneDep, EngineDep
from faceveil.api.errors import GUARDED, documented
from faceveil.api.examples import EXAMPLE_CARD, EXAMPLE_SUMMARY
from faceveil.model.card import Card, Level, Result
from faceveil.problems import InvalidParameters, NotReady, Overloaded, StoreBusy, UnknownModel
from faceveil.rate import Rate

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=CompressedRoute)


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


class ModelSummary(BaseModel):
    """A model in short."""

    name: str
    version: str
    summary: str
    terms: str = Field(description="What it may be used for, given its training data.")
    labels: list[str] = Field(description="Emotions that it reads.")
    dimension: int = Field(description="D, values of an embedding.")
    levels: dict[str, Level]
    default_level: str
    headlines: list[Headline] = Field(description="Figures at the default level, a set each.")
    card: str = Field(description="Path of the whole card: every figure, every attacker, its uses.")


class ModelList(BaseModel):
    """The installed models."""

    default: str = Field(description="The model that requests are answered with.")
    models: list[ModelSummary]


def _answers(description: str, example: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": description, "content": {"application/json": {"example": example}}}
    }


_ANSWERING = (Overloaded, StoreBusy, NotReady, *GUARDED)


@router.get(
    "",
    operation_id="listModels",
    summary="List the models",
    responses={
        **_answers("Every installed model.", {"default": "faceveil", "models": [EXAMPLE_SUMMARY]}),
        **documented(*_ANSWERING),
    },
)
async def list_models(request: Request, _: AnyoneDep, engine: EngineDep) -> ModelList:
    """Lists every installed model in short, one name's newest version last."""
    prefix = f"{request.scope.get('root_path', '')}{router.prefix}"
    return ModelList(
        default=engine.card.name, models=[_summary(card, prefix) for card in engine.cards]
    )


@router.get(
    "/{name}",
    operation_id="getModel",
    summary="Show one model",
    responses={
        **_answers("The card.", EXAMPLE_CARD),
        **documented(UnknownModel, InvalidParameters, *_ANSWERING),
    },
)
async def get_model(name: str, _: AnyoneDep, engine: EngineDep) -> Card:
    """Shows the whole card of a model: of the version that is served, or else its newest."""
    served = engine.card
    if name == served.name:
        return served
    return _newest([card for card in engine.cards if card.name == name])


@router.get(
    "/{name}/{version}",
    operation_id="getModelVersion",
    summary="Show one version of a model",
    responses={
        **_answers("The card.", EXAMPLE_CARD),
        **documented(UnknownModel, InvalidParameters, *_ANSWERING),
    },
)
async def get_model_version(name: str, version: str, _: AnyoneDep, engine: EngineDep) -> Card:
    """Shows the whole card of a model's version."""
    return _newest([card for card in engine.cards if (card.name, card.version) == (name, version)])


def _newest(cards: list[Card]) -> Card:
    if not cards:
        raise UnknownModel(UnknownModel.example)
    return cards[-1]


def _summary(card: Card, prefix: str) -> ModelSummary:
    return ModelSummary(
        **card.model_dump(include=set(ModelSummary.model_fields)),
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
    )
