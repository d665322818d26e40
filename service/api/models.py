"""`/v1/models`: the models that this server loaded, with their whole cards."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.api.deps import EngineDep
from service.api.errors import documented
from service.engine.card import Card
from service.problems import InvalidParameters, NotReady, UnknownModel

router = APIRouter(prefix="/v1/models", tags=["models"])


class ModelList(BaseModel):
    """The installed models."""

    default: str = Field(description="The model that requests are answered with.")
    models: list[Card]


_EXAMPLE_CARD: dict[str, Any] = {
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


def _answers(description: str, example: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": description, "content": {"application/json": {"example": example}}}
    }


@router.get(
    "",
    operation_id="listModels",
    summary="List the models",
    responses={
        **_answers("Every installed card.", {"default": "faceveil", "models": [_EXAMPLE_CARD]}),
        **documented(NotReady),
    },
)
async def list_models(engine: EngineDep) -> ModelList:
    """Lists every installed model's card, one name's newest version last."""
    return ModelList(default=engine.privacy_filter.card.name, models=engine.cards)


@router.get(
    "/{name}",
    operation_id="getModel",
    summary="Show one model",
    responses={
        **_answers("The card.", _EXAMPLE_CARD),
        **documented(UnknownModel, InvalidParameters, NotReady),
    },
)
async def get_model(name: str, engine: EngineDep) -> Card:
    """Shows the card of a model: the version that is served, or else its newest."""
    served = engine.privacy_filter.card
    if name == served.name:
        return served
    for card in reversed(engine.cards):
        if card.name == name:
            return card
    raise UnknownModel(UnknownModel.example)
