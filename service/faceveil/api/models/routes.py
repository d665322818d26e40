"""`/v1/models`: the models that this server loaded: in short, and each with its whole card."""

from typing import Annotated

from fastapi import APIRouter, Path

from faceveil.api.callers import AnyoneDep
from faceveil.api.models.answers import EXAMPLE_CARD, EXAMPLE_SUMMARY, ModelList, summary_of
from faceveil.http.compression import CompressedRoute
from faceveil.http.openapi import STORED, answered
from faceveil.model.card import Card
from faceveil.problems import InvalidParameters, UnknownModel

ModelName = Annotated[str, Path(description="Name of the model.")]

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=CompressedRoute)


@router.get(
    "",
    operation_id="listModels",
    summary="List the models",
    responses=answered(
        "Every installed model.",
        {
            "default": "faceveil",
            "prior": "wild",
            "shares": EXAMPLE_CARD["prior"],
            "models": [EXAMPLE_SUMMARY],
        },
        *STORED,
    ),
)
async def list_models(caller: AnyoneDep) -> ModelList:
    """Lists every installed model in short, one name's newest version last."""
    engine = caller.engine
    prefix = f"{caller.request.scope.get('root_path', '')}{router.prefix}"
    return ModelList(
        default=engine.card.name,
        prior=engine.prior.name,
        shares=engine.prior.expected,
        models=[summary_of(card, prefix) for card in engine.cards],
    )


@router.get(
    "/{name}",
    operation_id="getModel",
    summary="Show one model",
    responses=answered("The card.", EXAMPLE_CARD, UnknownModel, InvalidParameters, *STORED),
)
async def get_model(name: ModelName, caller: AnyoneDep) -> Card:
    """Shows the whole card of a model: of the version that is served, or else its newest."""
    served = caller.engine.card
    if name == served.name:
        return served
    return _newest([card for card in caller.engine.cards if card.name == name])


@router.get(
    "/{name}/{version}",
    operation_id="getModelVersion",
    summary="Show one version of a model",
    responses=answered("The card.", EXAMPLE_CARD, UnknownModel, InvalidParameters, *STORED),
)
async def get_model_version(
    name: ModelName,
    version: Annotated[str, Path(description="Version of the model.")],
    caller: AnyoneDep,
) -> Card:
    """Shows the whole card of a model's version."""
    return _newest(
        [card for card in caller.engine.cards if (card.name, card.version) == (name, version)]
    )


def _newest(cards: list[Card]) -> Card:
    if not cards:
        raise UnknownModel(UnknownModel.example)
    return cards[-1]
