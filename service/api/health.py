"""Probes and metrics: answered from the event loop, so that a busy server still answers them."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from service.api.deps import ComponentsDep, EngineDep
from service.api.errors import documented
from service.problems import NotReady

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """The process lives."""

    status: str = Field("ok", description="Always 'ok'.")


class Readiness(BaseModel):
    """The server can answer."""

    status: str = Field("ready", description="Always 'ready'; otherwise the answer is a problem.")
    model: str = Field(description="Name and version of the model that is loaded and warm.")


@router.get(
    "/healthz",
    operation_id="health",
    summary="Is the process alive?",
    responses={
        200: {"content": {"application/json": {"example": {"status": "ok"}}}},
        **documented(),
    },
)
async def health() -> Health:
    """Answers as long as the process does."""
    return Health()


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Can it answer?",
    responses={
        200: {
            "content": {
                "application/json": {"example": {"status": "ready", "model": "faceveil 1.0.0"}}
            }
        },
        **documented(NotReady),
    },
)
async def ready(engine: EngineDep) -> Readiness:
    """Answers 200 once the model is loaded and warm, 503 before."""
    card = engine.privacy_filter.card
    return Readiness(model=f"{card.name} {card.version}")


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": 'faceveil_requests_total{operation="anonymize",status="200"} 3.0\n',
                }
            },
        },
        **documented(),
    },
)
async def metrics(components: ComponentsDep) -> Response:
    """Tells requests, latency by stage, faces, queue and rejections."""
    return Response(components.metrics.text(), media_type=components.metrics.content_type)
