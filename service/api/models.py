"""`/v1/models`: the models that this server loaded, with their whole cards."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.api.deps import AnyoneDep, EngineDep
from service.api.errors import GUARDED, documented
from service.api.examples import EXAMPLE_CARD
from service.engine.card import Card
from service.problems import InvalidParameters, NotReady, Overloaded, StoreBusy, UnknownModel

router = APIRouter(prefix="/v1/models", tags=["models"])


class ModelList(BaseModel):
    """The installed models."""

    default: str = Field(description="The model that requests are answered with.")
    models: list[Card]


def _answers(description: str, example: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": description, "content": {"application/json": {"example": example}}}
    }


@router.get(
    "",
    operation_id="listModels",
    summary="List the models",
    responses={
        **_answers("Every installed card.", {"default": "faceveil", "models": [EXAMPLE_CARD]}),
        **documented(Overloaded, StoreBusy, NotReady, *GUARDED),
    },
)
async def list_models(_: AnyoneDep, engine: EngineDep) -> ModelList:
    """Lists every installed model's card, one name's newest version last."""
    return ModelList(default=engine.card.name, models=engine.cards)


@router.get(
    "/{name}",
    operation_id="getModel",
    summary="Show one model",
    responses={
        **_answers("The card.", EXAMPLE_CARD),
        **documented(UnknownModel, InvalidParameters, Overloaded, StoreBusy, NotReady, *GUARDED),
    },
)
async def get_model(name: str, _: AnyoneDep, engine: EngineDep) -> Card:
    """Shows the card of a model: the version that is served, or else its newest."""
    served = engine.card
    if name == served.name:
        return served
    for card in reversed(engine.cards):
        if card.name == name:
            return card
    raise UnknownModel(UnknownModel.example)
