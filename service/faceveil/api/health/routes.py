"""Probes and metrics: no worker of the engine's is needed, so a busy server still answers them."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from faceveil.api.audits.answers import latest
from faceveil.api.callers import ScraperDep
from faceveil.api.components import components_of
from faceveil.api.health.answers import Health, Readiness
from faceveil.http.middleware import STOPPING
from faceveil.http.openapi import STORED, refused
from faceveil.problems import NotReady
from faceveil.store import audits
from faceveil.store.health import Trouble
from faceveil.telemetry.metrics import AuditFigures

_OF_STORE = {
    Trouble.away: "The store does not answer. Check its server; the log names the cause.",
    Trouble.full: "The store's disk is full. Make room.",
    Trouble.read_only: "The store's folder cannot be written to. Check its rights and its disk.",
}

router = APIRouter(tags=["operations"])


@router.get(
    "/healthz",
    operation_id="health",
    summary="Is the process alive?",
    responses={
        200: {"content": {"application/json": {"example": {"status": "ok"}}}},
        **refused(),
    },
    openapi_extra={"security": []},
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
                "application/json": {
                    "example": {
                        "status": "ready",
                        "model": "faceveil 1.0.0",
                        "confinement": {"landlock": True, "seccomp": True},
                    }
                }
            }
        },
        **refused(NotReady),
    },
    openapi_extra={"security": []},
)
async def ready(request: Request) -> Readiness:
    """Answers 200 while requests can be answered, otherwise 503 with a `reason`.

    It is ready while the model is loaded, there are workers to run it, the store answers and, if
    anything is stored, has room, and it is not stopping.

    `confinement` says which walls the kernel has around these workers. `landlock`: files and ports;
    `seccomp`: all system calls but a few; `limits`: memory, descriptors, processes; `privileges`:
    root's powers and new ones; `network`: whether theirs is empty, which needs root or a user
    namespace, and is a second wall behind `seccomp`.
    """
    components = components_of(request)
    if components.stopping:
        raise NotReady(STOPPING, reason="stopping")
    engine, opened = components.engine, components.opened
    if engine is None or opened is None:
        raise NotReady(NotReady.example, reason="starting")
    if not engine.scheduler.alive:
        raise NotReady("There are no workers at the moment. Try again soon.", reason="no-workers")
    trouble = await opened.store.trouble()
    stores = components.settings.store.retention_days is not None
    if trouble is Trouble.away or (trouble is not None and stores):
        raise NotReady(_OF_STORE[trouble], reason=trouble)
    card = engine.card
    return Readiness(model=f"{card.name} {card.version}", confinement=engine.walls())


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
        **refused(*STORED),
    },
)
async def metrics(caller: ScraperDep) -> Response:
    """Shows requests, latency by stage, faces, queue, rejections, and what audits found.

    The audits are those of the key's tenant: the newest that finished of each model.
    """
    figures = await caller.store.query(_figures, caller.tenant)
    metrics = caller.metrics
    return Response(metrics.text(figures), media_type=metrics.content_type)


def _figures(connection: Connection, tenant: str) -> list[AuditFigures]:
    found = [
        latest(connection, tenant, model, "store") for model in audits.models(connection, tenant)
    ]
    return [
        AuditFigures(one.model, one.hybrid2face.rate, one.worst.rate, one.chance)
        for one in found
        if one is not None
    ]
